import type { Agency, Project, Service } from './content/types.ts';

/** Amounts are in hundredths of the currency: whole numbers, so that a total is exactly the sum of its lines. */
export interface InvoiceLine {
  description: string;
  quantity: number;
  unitPrice: number;
  amount: number;
}

export interface Invoice {
  number: string;
  client: string;
  project: string;
  status: 'draft' | 'sent' | 'paid' | 'overdue';
  /** Days from the day of seeding, as all the others; `null` while it has not happened. */
  issuedInDays: number | null;
  dueInDays: number | null;
  paidInDays: number | null;
  lines: InvoiceLine[];
  total: number;
}

/** What the hours of a service are spent on, in the order of the work. */
const stages: Record<Service, readonly string[]> = {
  identity: ['Research and workshops', 'Design routes', 'Refinement of the chosen route', 'Guidelines and templates'],
  packaging: ['Concept and sketches', 'Label design', 'Artwork for print', 'Supervision of the print run'],
  website: ['Content and structure', 'Interface design', 'Development', 'Testing and launch'],
  product: ['User research', 'Prototypes', 'Interface design', 'Hand-over to development'],
  campaign: ['Strategy and idea', 'Key visuals', 'Adaptation of all formats', 'Production management'],
  editorial: ['Concept and page plan', 'Layout', 'Image editing', 'Proofreading and print data'],
  signage: ['Site survey', 'Sign system design', 'Mock-ups', 'Drawings for manufacture'],
  motion: ['Script and storyboard', 'Direction', 'Animation and edit', 'Sound and delivery'],
};

/** Added now and then to the last line of work: title and price in whole units. */
const expenses = [
  ['Font licences', 320],
  ['Proofs and samples', 185],
  ['Travel', 240],
  ['Stock photography', 150],
] as const;

const daysToPay = 14;

interface Share {
  /** Part of the budget. */
  part: number;
  issuedInDays: number;
  /** The stages of the work that are billed: first and one after the last. */
  stages: readonly [number, number];
}

/** The invoices of an agency, made from its projects: half at the start, the rest when the work is delivered. */
export function makeInvoices(agency: Agency): Invoice[] {
  const random = sequence(agency.slug);
  const invoices = agency.projects.flatMap((project) =>
    sharesOf(project).map((share) => makeInvoice(agency, project, share, random)),
  );
  // Drafts come last: whatever was issued was issued today or before.
  invoices.sort((a, b) => (a.issuedInDays ?? 1) - (b.issuedInDays ?? 1));
  return invoices.map((invoice, index) => ({ ...invoice, number: `${agency.invoicePrefix}-${1040 + index}` }));
}

function sharesOf({ status, startsInDays, dueInDays }: Project): Share[] {
  const deposit: Share = { part: 0.5, issuedInDays: startsInDays + 4, stages: [0, 2] };
  const interim: Share = { part: 0.3, issuedInDays: Math.round((startsInDays + dueInDays) / 2), stages: [2, 3] };
  const balance: Share = { part: 0.5, issuedInDays: dueInDays + 3, stages: [2, 4] };
  if (status === 'proposal') return [];
  if (status === 'on_hold') return [deposit];
  if (status === 'active') return [deposit, interim];
  return [deposit, balance];
}

function makeInvoice(agency: Agency, project: Project, share: Share, random: () => number): Omit<Invoice, 'number'> {
  const rate = agency.hourlyRate * 100;
  const names = stages[project.service].slice(...share.stages);
  const lines = names.map((description) => {
    const wanted = (project.budget * 100 * share.part) / names.length / rate;
    const quantity = Math.max(2, Math.round(wanted * (0.85 + random() * 0.3)));
    return { description, quantity, unitPrice: rate, amount: quantity * rate };
  });
  const expense = expenses[Math.floor(random() * expenses.length * 2)];
  if (expense) {
    const unitPrice = expense[1] * 100;
    lines.push({ description: expense[0], quantity: 1, unitPrice, amount: unitPrice });
  }
  return {
    client: project.client,
    project: project.key,
    ...settle(share.issuedInDays, random),
    lines,
    total: lines.reduce((sum, { amount }) => sum + amount, 0),
  };
}

/** What has become of an invoice by today. */
function settle(
  issuedInDays: number,
  random: () => number,
): Pick<Invoice, 'status' | 'issuedInDays' | 'dueInDays' | 'paidInDays'> {
  const dueInDays = issuedInDays + daysToPay;
  const paidInDays = issuedInDays + 6 + Math.floor(random() * 28);
  if (issuedInDays > 0) return { status: 'draft', issuedInDays: null, dueInDays: null, paidInDays: null };
  if (paidInDays <= 0) return { status: 'paid', issuedInDays, dueInDays, paidInDays };
  return { status: dueInDays < 0 ? 'overdue' : 'sent', issuedInDays, dueInDays, paidInDays: null };
}

/** Numbers from 0 up to 1 that look random and are the same in every run (a linear congruential generator). */
function sequence(seed: string): () => number {
  let state = 0;
  for (const character of seed) state = (Math.imul(state, 31) + character.charCodeAt(0)) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
