import path from 'node:path';
import {
  AppError,
  cancelJob,
  changeUser,
  findUser,
  inviteUser,
  type Jobs,
  listJobs,
  listUsers,
  migrate,
  retryJob,
  toDb,
} from '@rayni/api';
import {
  grantRole,
  inviteInput,
  job,
  type Job,
  jobKind,
  jobListInput,
  jobState,
  type User,
} from '@rayni/contract';
import { DatabaseInUse, openDatabase } from '@rayni/database';
import { Option } from 'commander';
import { type Config, ConfigError, parseConfig } from '../config.ts';
import { openJobs } from '../jobs/boss.ts';
import { command, Failure, printable, run } from './connect.ts';

// `npm run admin`: the people who may sign in, straight in the database, for the first admin of an installation and when none is left; and
// background work.

const help = `
Examples:
  npm run admin -- invite ada@example.org --admin
  npm run admin -- users
  npm run admin -- disable ada@example.org
  npm run admin -- jobs --state failed
  npm run admin -- jobs retry <id>

Works on the configured database itself: on PostgreSQL (DATABASE_URL) also beside running servers, on the embedded one
below DATA_DIR while no server runs. Reads the same variables as the server; see them with: npm run config

Exit codes: 0 done, 1 failed, 2 wrong use or configuration.`;

type App = Parameters<typeof inviteUser>[0];

/** Opens the configured database, its tables brought to this version, for as long as the work takes. */
async function inDatabase(
  work: (app: App, config: Config, openQueue: () => ReturnType<typeof openJobs>) => Promise<void>,
): Promise<void> {
  const config = configured();
  const { databaseUrl } = config;
  const dir = path.join(config.dataDir, 'db');
  await using database = await openDatabase(databaseUrl === undefined ? { dir } : { url: databaseUrl }).catch(
    (error: unknown) => {
      if (!(error instanceof DatabaseInUse)) throw error;
      throw new Failure(
        `A running Rayni has the embedded database ${dir}, and only one process can.\n` +
          'Stop it, run this command, and start it again; or let an administrator do it while it runs\n' +
          '(POST /api/users/invite, or users.invite, users.change and jobs.list, retry, cancel of the client).',
      );
    },
  );
  const db = toDb(database);
  await migrate(db.query);
  const silent = () => {};
  // The link goes to standard output alone.
  const log = { debug: silent, info: silent, warn: silent, error: silent };
  await work({ db, clock: { now: () => new Date() }, log }, config, () =>
    openJobs(database, log, { keeps: false }),
  );
}

function configured(): Config {
  try {
    return parseConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(`This configuration is not complete:\n\n${error.message}\n\nShow it all: npm run config`);
    process.exit(2);
  }
}

type Invite = { admin?: true; role?: string; name?: string };

const invite = (email: string, { admin: isAdmin, role, name }: Invite) =>
  inDatabase(async (app, config) => {
    const input = inviteInput.safeParse({ email, role, name, isAdmin });
    if (!input.success) throw new Failure(input.error.issues.map(({ message }) => message).join('\n'));
    const publicUrl = () => config.publicUrl ?? `http://localhost:${config.port}`;
    const { user, url, expiresAt } = await inviteUser(
      app,
      { publicUrl, demoLogin: config.demoLogin },
      null,
      input.data,
    );
    console.error(
      `${printable(user.email)} is invited${user.isAdmin ? ' as an administrator' : ''}. ` +
        `This link works once, until ${expiresAt.toISOString()}:`,
    );
    console.log(url);
    if (config.demoLogin || config.oidc) return;
    console.error(
      'Sign-in by e-mail alone is switched off here and OpenID Connect is not set up (OIDC_ISSUER): until one of them is, the link opens a page that says so, and stays good.',
    );
  });

const users = () =>
  inDatabase(async (app) => {
    const found = await listUsers(app, 'operator');
    const rows = found.map((user) => [
      printable(user.email),
      user.status,
      user.isAdmin ? 'admin' : (user.role ?? ''),
      printable(user.name),
    ]);
    printTable(rows);
    if (rows.length === 0) console.error('Nobody yet: npm run admin -- invite <email> --admin');
  });

/** Rows of cells, one under the other. */
function printTable(rows: string[][]) {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  for (const row of rows) {
    console.log(
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  }
}

/** With the queue of the configured database. */
const withJobs = (work: (app: App & { jobs: Jobs }) => Promise<void>) =>
  inDatabase(async (app, _config, openQueue) => {
    const queue = await openQueue();
    try {
      await work({ ...app, jobs: queue.jobs });
    } catch (error) {
      throw error instanceof AppError ? new Failure(error.message) : error;
    } finally {
      await queue.stop();
    }
  });

const cellsOf = (one: Job) => [
  one.id,
  one.kind,
  one.state,
  `${one.tries} ${one.tries === 1 ? 'try' : 'tries'}`,
  one.createdAt.toISOString().slice(0, 19).replace('T', ' '),
  printable(one.about?.title ?? ''),
  printable(one.error ?? ''),
];

const jobs = ({ kind, state, page }: { kind?: string; state?: string; page?: string }) =>
  withJobs(async (app) => {
    const input = jobListInput.safeParse({
      kind,
      state,
      page: page === undefined ? undefined : Number(page),
    });
    if (!input.success) throw new Failure(input.error.issues.map(({ message }) => message).join('\n'));
    const { items, total } = await listJobs(app, input.data);
    printTable(items.map(cellsOf));
    console.error(total === 1 ? '1 job' : `${items.length} of ${total} jobs`);
  });

const decideJob = (id: string, decide: typeof retryJob) =>
  withJobs(async (app) => {
    if (!job.shape.id.safeParse(id).success) throw new Failure(`${printable(id)} is no id of a job.`);
    printTable([cellsOf(await decide(app, id))]);
  });

const setStatus = (email: string, status: 'active' | 'disabled') =>
  inDatabase(async (app) => {
    const user: User | undefined = await findUser(app, email.trim());
    if (!user) throw new Failure(`Nobody has the e-mail ${printable(email)}. See: npm run admin -- users`);
    const after = await changeUser(app, 'operator', { id: user.id, status });
    const what = {
      active: 'is active.',
      invited: 'is invited; the former link has ended, make a new one with invite.',
      disabled: 'is disabled; sessions, tokens and links have ended.',
    };
    console.log(`${printable(after.email)} ${what[after.status]}`);
  });

const program = command('admin')
  .description('Invites, lists, disables and enables the people who may sign in.')
  .addHelpText('after', help);
program
  .command('invite')
  .description('Makes an account, or a new link for one that was invited before; prints the link.')
  .argument('<email>')
  .option('--admin', 'an administrator: manages every instrument and all people')
  .addOption(
    new Option('--role <role>', 'shown beside the name; rights come from grants').choices(grantRole.options),
  )
  .option('--name <name>', 'how the person is shown')
  .action(invite);
program.command('users').description('Lists everyone: e-mail, status, role, name.').action(users);
program
  .command('disable')
  .description('Takes all rights at once; ends sessions, tokens and links.')
  .argument('<email>')
  .action((email: string) => setStatus(email, 'disabled'));
program
  .command('enable')
  .description('Gives a disabled account back.')
  .argument('<email>')
  .action((email: string) => setStatus(email, 'active'));

const jobsCommand = program
  .command('jobs')
  .description(
    'Lists background work, newest first: id, kind, state, tries, when, what it is about, the last error.',
  )
  .addOption(new Option('--kind <kind>').choices(jobKind.options))
  .addOption(new Option('--state <state>').choices(jobState.options))
  .option('--page <number>')
  .action(jobs);
jobsCommand
  .command('retry')
  .description('Has a job that failed or was cancelled done again.')
  .argument('<id>')
  .action((id: string) => decideJob(id, retryJob));
jobsCommand
  .command('cancel')
  .description('Stops a job that waits or is at work.')
  .argument('<id>')
  .action((id: string) => decideJob(id, cancelJob));

await run(program);
