import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { environment } from '../config/config.ts';

export interface Commit {
  readonly commit?: string;
  readonly branch?: string;
  readonly subject?: string;
}

/** Which change of the user's repository this run looks at: from the CI's variables, else from git, else nothing. */
export async function commitOf(root: string): Promise<Commit> {
  const [sha, branch, subject] = await Promise.all([
    environment('GITHUB_SHA') ??
      environment('CI_COMMIT_SHA') ??
      environment('GIT_COMMIT') ??
      git(root, 'rev-parse', 'HEAD'),
    environment('GITHUB_REF_NAME') ??
      environment('CI_COMMIT_REF_NAME') ??
      git(root, 'rev-parse', '--abbrev-ref', 'HEAD'),
    git(root, 'log', '-1', '--format=%s'),
  ]);
  return { ...(sha ? { commit: sha } : {}), ...(branch ? { branch } : {}), ...(subject ? { subject } : {}) };
}

/** Samples of one CI job share their machine and hour; undefined outside CI. */
export function ciJob(): string | undefined {
  const job = ['GITHUB_RUN_ID', 'CI_JOB_ID', 'BUILD_TAG', 'BUILDKITE_JOB_ID', 'CIRCLE_WORKFLOW_JOB_ID'];
  const found = job.find((name) => environment(name));
  if (found)
    return `${environment(found)}${found === 'GITHUB_RUN_ID' ? `.${environment('GITHUB_RUN_ATTEMPT') ?? 1}` : ''}`;
  return undefined;
}

async function git(root: string, ...args: string[]): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('git', ['-C', root, ...args], { timeout: 2000 });
    return stdout.trim() || undefined;
  } catch {
    return undefined;
  }
}
