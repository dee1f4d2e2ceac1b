import * as z from 'zod/mini';
import type { NewTenant } from '../../services/provisioning.ts';
import { say } from '../../tenancy/sentences.ts';
import { SLUG_MAX_LENGTH, SLUG_PATTERN, slugOf } from '../../tenancy/slug.ts';
import { expected, noLongerThan, notEmpty, parse, whenNeeded } from './http.ts';

export const name = whenNeeded(() => z.string(expected('a text')).check(z.trim(), notEmpty(), noLongerThan(255)));

/** A tenant that there is, by whichever of its names. */
export const tenantName = whenNeeded(() => z.string(expected('the id or the slug of a tenant')).check(notEmpty()));

export const slug = whenNeeded(() =>
  z.string(expected('a text')).check(
    noLongerThan(SLUG_MAX_LENGTH),
    z.regex(SLUG_PATTERN, {
      error: () => say('may have lower-case letters, digits and single hyphens between them'),
    }),
  ),
);

const personName = () => z.string(expected('a text')).check(z.trim(), noLongerThan(50));

export const person = whenNeeded(() => ({
  email: z.email(expected('an e-mail address')).check(noLongerThan(128)),
  password: z.optional(z.string(expected('a text')).check(notEmpty())),
  invite: z.optional(z.boolean(expected('true or false'))),
  first_name: z.optional(personName()),
  last_name: z.optional(personName()),
}));

/** Whoever is invited chooses the password. */
export function hasOneWayIn({
  invite,
  password,
}: {
  invite?: boolean | undefined;
  password?: string | undefined;
}): boolean {
  return !invite || password === undefined;
}

export const TWO_WAYS_IN = {
  path: ['password'],
  error: () => say('is chosen by whoever accepts the invitation: leave it out, or "invite"'),
};

export const settings = whenNeeded(() => z.record(z.string(), z.unknown(), expected('an object')));

export const domains = whenNeeded(() =>
  z
    .array(
      z.string(expected('a text')).check(
        noLongerThan(253),
        z.regex(/^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/, {
          error: () => say('must be a host name in lower case, such as "north.example.com"'),
        }),
      ),
      expected('a list of host names'),
    )
    .check(z.maxLength(100, { error: () => say('may have at most 100 host names') })),
);

export const tenantToCreate = whenNeeded(() =>
  z.strictObject(
    {
      name: name(),
      slug: z.optional(slug()),
      owner: z.optional(z.strictObject(person(), expected('an object')).check(z.refine(hasOneWayIn, TWO_WAYS_IN))),
      settings: z.optional(settings()),
      domains: z.optional(domains()),
      template: z.optional(z.string(expected('the id or slug of a tenant')).check(noLongerThan(255))),
    },
    expected('an object'),
  ),
);

/**
 * What a request wants to have provisioned; without a slug it gets that of its name.
 *
 * @throws InvalidFieldError for each field that is not as it must be
 */
export function parseNewTenant(body: unknown): NewTenant {
  const input = parse(tenantToCreate, body);
  return { ...input, slug: slugFor(input.name, input.slug) };
}

/**
 * The slug of a new tenant: the one that is given, or one that is made from the name.
 *
 * @throws InvalidFieldError where a name gives none, which is one without any Latin letter or digit
 */
export function slugFor(name: string, given: string | null | undefined): string {
  return parse(() => z.object({ slug: slug() }), { slug: given ?? slugOf(name) }).slug;
}
