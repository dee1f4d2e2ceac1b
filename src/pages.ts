/** What the Data Studio shows of the bundle, built into a file of its own; see `studio/utilities/pages.ts`. */
export { default as TenantDisplay } from './displays/tenant/tenant-display.vue';
export { default as CollectionRoute } from './modules/tenants/routes/collection.vue';
export { default as CollectionsRoute } from './modules/tenants/routes/collections.vue';
export { default as ContentRoute } from './modules/tenants/routes/content.vue';
export { default as HealthRoute } from './modules/tenants/routes/health.vue';
export { default as ModuleRoute } from './modules/tenants/routes/module.vue';
export { default as TenantRoute } from './modules/tenants/routes/tenant.vue';
export { default as TenantsRoute } from './modules/tenants/routes/tenants.vue';
export { default as MembersRoute } from './modules/workspace/routes/members.vue';
export { default as OverviewRoute } from './modules/workspace/routes/overview.vue';
export { default as TokensRoute } from './modules/workspace/routes/tokens.vue';
export { default as WorkspaceRoute } from './modules/workspace/routes/workspace.vue';
