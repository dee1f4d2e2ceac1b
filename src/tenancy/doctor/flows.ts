/** An operation of an active flow, as Directus keeps it. */
export interface FlowOperation {
  type: string;
  options: Record<string, unknown> | null;
  flow: { id: string; name: string; trigger: string | null };
}

/** A flow that does something with full access. */
export interface FullAccessFlow {
  id: string;
  name: string;
  trigger: string | null;
}

/** Operations that reach rows, with the access of the trigger unless another one is chosen. */
const ROW_OPERATIONS = /^item-(?:create|read|update|delete)$/;

/** The flows among whose operations one has full access, each once. */
export function flowsWithFullAccess(operations: readonly FlowOperation[]): FullAccessFlow[] {
  const flows = new Map<string, FullAccessFlow>();

  for (const operation of operations) {
    if (hasFullAccess(operation)) flows.set(operation.flow.id, operation.flow);
  }

  return [...flows.values()];
}

/** A schedule has nobody behind it, and Directus takes nobody for itself. */
function hasFullAccess({ type, options, flow }: FlowOperation): boolean {
  const permissions = options?.['permissions'] ?? null;
  if (permissions === '$full') return true;

  const likeTrigger = permissions === null || permissions === '' || permissions === '$trigger';
  return flow.trigger === 'schedule' && likeTrigger && ROW_OPERATIONS.test(type);
}
