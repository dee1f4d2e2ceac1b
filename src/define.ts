import type { EndpointConfig, HookConfig } from '@directus/types';

/**
 * What `defineHook` of Directus' SDK is, without what comes with the SDK: its library of schemas for manifests, which would be
 * a seventh of the bundle.
 */
export function defineHook(hook: HookConfig): HookConfig {
  return hook;
}

/** As {@link defineHook}, for an endpoint. */
export function defineEndpoint(endpoint: EndpointConfig): EndpointConfig {
  return endpoint;
}
