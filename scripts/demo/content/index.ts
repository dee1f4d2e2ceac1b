import { harbourAndPine } from './harbour-and-pine.ts';
import { mesaCollective } from './mesa-collective.ts';
import { northlight } from './northlight.ts';
import type { Agency } from './types.ts';

export const agencies: readonly Agency[] = [northlight, harbourAndPine, mesaCollective];
