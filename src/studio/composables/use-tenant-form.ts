import { computed, reactive, ref, shallowRef } from 'vue';
import type { Ref } from 'vue';
import { readFailure } from '../utilities/request-errors.ts';
import type { RequestFailure } from '../utilities/request-errors.ts';
import { assignErrors, findProblems, OPTIONAL_PATHS } from '../utilities/tenant-form.ts';
import type { FieldPath, FieldProblem, FieldProblems, OwnerValues, TenantValues } from '../utilities/tenant-form.ts';

interface Refusal {
  value: string | undefined;
  problem: FieldProblem;
}

/**
 * What is wrong with the values of a tenant's form, and when to say so: a field complains once it was worked on, or once
 * saving was tried. What the server refused is shown until the refused value is changed.
 */
export function useTenantForm(values: Readonly<Ref<TenantValues>>) {
  const visited = reactive(new Set<FieldPath>());
  const refusals = shallowRef<Partial<Record<FieldPath, Refusal>>>({});
  const saving = ref(false);
  /** What failed beyond single fields. */
  const failure = shallowRef<RequestFailure | null>(null);

  const problems = computed(() => findProblems(values.value));

  const shownProblems = computed(() => {
    const shown: FieldProblems = {};
    for (const path of visited) if (problems.value[path]) shown[path] = problems.value[path];

    for (const [path, refusal] of Object.entries(refusals.value) as [FieldPath, Refusal][]) {
      if (refusal.value === valueAt(values.value, path)) shown[path] ??= refusal.problem;
    }

    return shown;
  });

  function visit(path: FieldPath): void {
    visited.add(path);
  }

  /** Runs `send` where the values allow it. Answers whether it succeeded. */
  async function submit(send: () => Promise<void>): Promise<boolean> {
    if (saving.value) return false;
    failure.value = null;
    const open = Object.keys(problems.value) as FieldPath[];
    open.forEach(visit);
    if (open.length > 0) return false;
    saving.value = true;

    try {
      await send();
      return true;
    } catch (error) {
      refuse(readFailure(error));
      return false;
    } finally {
      saving.value = false;
    }
  }

  function refuse(read: RequestFailure): void {
    const { fields, others } = assignErrors(
      read.errors,
      OPTIONAL_PATHS.filter((path) => values.value[path] !== undefined),
    );

    refusals.value = Object.fromEntries(
      (Object.entries(fields) as [FieldPath, FieldProblem][]).map(([path, problem]) => [
        path,
        { value: valueAt(values.value, path), problem },
      ]),
    );

    if (others.length > 0 || Object.keys(fields).length === 0) failure.value = { ...read, errors: others };
  }

  function reset(): void {
    visited.clear();
    refusals.value = {};
    failure.value = null;
  }

  return { problems: shownProblems, saving, failure, visit, submit, reset };
}

function valueAt({ owner, ...own }: TenantValues, path: FieldPath): string | undefined {
  if (path === 'domains') return own.domains?.join();
  if (path === 'name' || path === 'slug' || path === 'settings' || path === 'template') return own[path];
  return owner?.[path.slice('owner.'.length) as keyof OwnerValues];
}
