import { runSteps, staticSteps, unitTests } from '../checks/steps.ts';

const isGood = await runSteps([...staticSteps, unitTests]);
process.exitCode = isGood ? 0 : 1;
