import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { environment } from '../config/config.ts';

export interface Commit {
  readonly commit?: string;
  readonly branch?: string;
  readonly subject?: string;
}

/** How a CI says what it is working on: names of its variables, the first that is set counts. */
interface Ci {
  readonly commit: string;
  readonly branch: readonly string[];
  readonly subject?: string;
  readonly by: readonly string[];
  /** Together the name of one job on one machine. */
  readonly job: readonly string[];
}

const known: readonly Ci[] = [
  {
    commit: 'GITHUB_SHA',
    branch: ['GITHUB_HEAD_REF', 'GITHUB_REF_NAME'],
    by: ['GITHUB_ACTOR'],
    job: ['GITHUB_RUN_ID', 'GITHUB_RUN_ATTEMPT', 'GITHUB_JOB'],
  },
  {
    commit: 'CI_COMMIT_SHA',
    branch: ['CI_MERGE_REQUEST_SOURCE_BRANCH_NAME', 'CI_COMMIT_REF_NAME'],
    subject: 'CI_COMMIT_TITLE',
    by: ['GITLAB_USER_LOGIN'],
    job: ['CI_JOB_ID'],
  },
  {
    commit: 'BUILD_SOURCEVERSION',
    branch: ['SYSTEM_PULLREQUEST_SOURCEBRANCH', 'BUILD_SOURCEBRANCH'],
    subject: 'BUILD_SOURCEVERSIONMESSAGE',
    by: ['BUILD_REQUESTEDFOR'],
    job: ['BUILD_BUILDID', 'SYSTEM_JOBID', 'SYSTEM_JOBATTEMPT'],
  },
  {
    commit: 'CIRCLE_SHA1',
    branch: ['CIRCLE_BRANCH'],
    by: ['CIRCLE_USERNAME'],
    job: ['CIRCLE_WORKFLOW_JOB_ID'],
  },
  {
    commit: 'BUILDKITE_COMMIT',
    branch: ['BUILDKITE_BRANCH'],
    subject: 'BUILDKITE_MESSAGE',
    by: ['BUILDKITE_BUILD_AUTHOR'],
    job: ['BUILDKITE_JOB_ID'],
  },
  {
    commit: 'BITBUCKET_COMMIT',
    branch: ['BITBUCKET_BRANCH'],
    by: ['BITBUCKET_STEP_TRIGGERER_UUID'],
    job: ['BITBUCKET_BUILD_NUMBER', 'BITBUCKET_STEP_RUN_NUMBER'],
  },
  {
    commit: 'GIT_COMMIT',
    branch: ['CHANGE_BRANCH', 'BRANCH_NAME', 'GIT_BRANCH'],
    by: ['CHANGE_AUTHOR', 'BUILD_USER'],
    job: ['BUILD_TAG'],
  },
];

const first = (names: readonly string[]) => names.map((name) => environment(name) || undefined).find(Boolean);
const here = () => known.find((ci) => environment(ci.commit) || environment(ci.job[0] ?? ''));

/** Which change of the user's repository this run looks at: from the CI's variables, else from git, else nothing. */
export async function commitOf(root: string): Promise<Commit> {
  const ci = here();
  const said = ci && environment(ci.commit);
  // Buildkite says HEAD until it has looked.
  const named = { sha: said === 'HEAD' ? undefined : said, branch: ci && first(ci.branch) };
  const head = named.sha && named.branch ? undefined : await git(root, 'rev-parse', 'HEAD', '--abbrev-ref', 'HEAD');
  const [own, current] = head?.split('\n') ?? [];
  const sha = named.sha || own;
  const branch = named.branch ?? current;
  const told = ci?.subject && environment(ci.subject);
  const subject = told || (sha ? await git(root, 'log', '-1', '--format=%s', sha) : undefined);
  const name = branch?.replace(/^(refs\/heads|origin)\//, '');
  const line = subject?.split('\n', 1)[0]?.trim();
  return { ...(sha ? { commit: sha } : {}), ...(name ? { branch: name } : {}), ...(line ? { subject: line } : {}) };
}

/** Who set this CI job off; undefined outside CI. */
export function ciAuthor(): string | undefined {
  const ci = here();
  return ci && first(ci.by);
}

/** Samples of one CI job share their machine and hour; undefined outside CI. */
export function ciJob(): string | undefined {
  const job = here()?.job ?? [];
  const parts = job.flatMap((name) => environment(name) || []);
  return environment(job[0] ?? '') ? parts.join('.') : undefined;
}

async function git(root: string, ...args: string[]): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('git', ['-C', root, ...args], { timeout: 2000 });
    return stdout.trim() || undefined;
  } catch {
    return undefined;
  }
}
