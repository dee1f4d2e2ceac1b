import { examine, mend } from '../../services/doctor/index.ts';
import type { ServiceContext } from '../../services/directus.ts';
import { exitCodeOf, reportAsText } from '../../tenancy/doctor/text.ts';
import { asJson, runCommand, type Command } from './command.ts';

/** `directus tenancy doctor`: the report of `GET /tenancy/doctor`, and the fixes of `POST /tenancy/doctor/fix`. */
export function doctorCommand(group: Command, context: ServiceContext): void {
  group
    .command('doctor')
    .description('Look whether tenants are kept apart, and what to do where they are not')
    .option(...asJson('the report'))
    .option('--fix <ids...>', 'mend what these checks can mend safely, then look again')
    .option('--strict', 'exit with 1 for warnings too')
    .action(async ({ json, fix, strict }: Record<string, unknown>) =>
      runCommand(context, async () => {
        const report = Array.isArray(fix)
          ? await mend(context, fix.map(String), 'command')
          : await examine(context, 'command');

        return {
          output: json === true ? JSON.stringify(report) : reportAsText(report),
          exitCode: exitCodeOf(report, { strict: strict === true }),
        };
      }),
    );
}
