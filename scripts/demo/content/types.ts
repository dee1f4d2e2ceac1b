/** What a person may do in the agency; the bundle's levels. `api` has no access to the Studio. */
export type Level = 'owner' | 'editor' | 'viewer' | 'api';

export interface Person {
  /** Name by which projects and tasks point to this person. */
  key: string;
  first_name: string;
  last_name: string;
  email: string;
  level: Level;
}

export interface Tag {
  key: string;
  name: string;
  color: string;
}

export interface Client {
  key: string;
  name: string;
  status: 'prospect' | 'active' | 'archived';
  /** Key of a row of the shared collection `industries`. */
  industry: string;
  /** Key of a row of the shared collection `countries`. */
  country: string;
  contact_name: string;
  /** When the first contract was signed, in days from the day of seeding. */
  sinceInDays: number | null;
  notes: string;
}

export type Service =
  'identity' | 'packaging' | 'website' | 'product' | 'campaign' | 'editorial' | 'signage' | 'motion';

export type TaskStatus = 'todo' | 'doing' | 'review' | 'done';

/** Title, status, due day from the day of seeding, estimated hours, key of the assignee and, where not normal, the priority. */
export type Task = readonly [
  title: string,
  status: TaskStatus,
  dueInDays: number,
  hours: number,
  assignee: string,
  priority?: 'low' | 'high' | 'urgent',
];

export interface Project {
  key: string;
  name: string;
  client: string;
  service: Service;
  status: 'proposal' | 'active' | 'on_hold' | 'delivered' | 'archived';
  lead: string;
  startsInDays: number;
  dueInDays: number;
  /** In whole units of the agency's currency. */
  budget: number;
  tags: string[];
  /** A file of the folder `images`. */
  cover?: string;
  /** Files of the folder `images`. */
  gallery?: string[];
  /** HTML, as the Studio's rich text editor writes it. */
  description: string;
  tasks: readonly Task[];
}

/** One agency with everything it owns. References are keys inside the same agency. */
export interface Agency {
  name: string;
  slug: string;
  /** Password of all people of this agency. */
  password: string;
  currency: 'EUR' | 'GBP' | 'USD';
  /** What an hour of work costs, in whole units of the currency. */
  hourlyRate: number;
  /** Letters in front of the invoice numbers. */
  invoicePrefix: string;
  people: readonly Person[];
  tags: readonly Tag[];
  clients: readonly Client[];
  projects: readonly Project[];
}
