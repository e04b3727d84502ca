import type { Finding } from '../core/event.ts';
import { ReportFile } from '../core/report-file.ts';
import type { Reporter, ReporterPart } from '../core/reporter.ts';
import { type StepTale, statusOf, stepsOf, Tale, type WalkTale } from '../core/tale.ts';

/** What XML 1.0 §2.2 has no place for. */
const unwritable = /[^\t\n\r\P{Cc}]|\p{Cs}|[\ufffe\uffff]/gu;
const signs: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
};
const text = (value: string) => value.replace(unwritable, '').replace(/[&<>]/g, (sign) => signs[sign] ?? sign);
const value = (said: string) => said.replace(unwritable, '').replace(/[&<>"\n]/g, (sign) => signs[sign] ?? sign);
const seconds = (ms: number) => (ms / 1000).toFixed(3);
const stamp = (at: number) => new Date(at).toISOString().slice(0, 19);

type Ending = 'passed' | 'failure' | 'error' | 'skipped';
interface Case {
  readonly name: string;
  readonly className: string;
  readonly ms: number;
  readonly ending: Ending;
  readonly message?: string;
  readonly body?: string;
  readonly said?: string;
}

/** The tale as Ant's JUnit XML: a suite for each walk, a case for each step of its last attempt. Degraded is a failure only where the run was strict. */
function document(tale: Tale): string {
  const strict = tale.ended?.exit === 1 && tale.ended.status === 'degraded';
  const suites = tale.walks.map((walk, id) => suite(suiteOf(walk, strict), id));
  const changes = tale.findings.filter(({ kind }) => kind !== 'step');
  if (changes.length > 0) suites.push(suite(changesOf(tale, changes), suites.length));
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join('')}</testsuites>\n`;
}

interface Suite {
  readonly name: string;
  readonly package: string;
  readonly at: number;
  readonly ms: number;
  readonly properties: Readonly<Record<string, string>>;
  readonly cases: readonly Case[];
  readonly faults: readonly string[];
}

function suiteOf(walk: WalkTale, strict: boolean): Suite {
  const { started, ended, attempts, faults } = walk;
  const row = started.row === undefined ? '' : ` row ${started.row}`;
  const steps = [...stepsOf(attempts.at(-1)?.steps ?? [])].filter(({ steps: below }) => below.length === 0);
  const cases = steps.map((step) => caseOf(step, walk, strict));
  const status = statusOf(walk);
  const lost = status === 'broken' ? 'error' : status === 'failed' ? 'failure' : undefined;
  if (lost && !cases.some(({ ending }) => ending === lost))
    cases.push({
      name: 'the walk',
      className: started.journey,
      ms: 0,
      ending: lost,
      message: ended ? `${status} outside any step` : 'cut off before its end',
    });
  return {
    name: `${started.journey}${row}`,
    package: started.journey.split('/').slice(0, -1).join('.'),
    at: started.at,
    ms: ended?.ms ?? 0,
    properties: {
      title: started.title,
      owner: started.owner,
      environment: started.environment,
      location: started.location,
      status,
      attempts: String(attempts.length),
      flaky: String(ended?.flaky ?? false),
      traceparent: started.traceparent,
      run: started.run,
      walk: started.walk,
    },
    cases,
    faults: faults.map(({ message }) => message),
  };
}

function caseOf({ started, ended }: StepTale, walk: WalkTale, strict: boolean): Case {
  const common = {
    name: `${started.step}: ${started.title}`,
    className: started.journey,
    ms: ended?.ms ?? 0,
  };
  if (!ended) return { ...common, ending: 'error', message: 'cut off before its end' };
  const { status, trouble, place } = ended;
  if (status === 'passed') return { ...common, ending: 'passed' };
  if (status === 'skipped') return { ...common, ending: 'skipped', message: ended.reason ?? 'skipped' };
  const finding = walk.findings.find(({ step }) => step === ended.step);
  const body = [
    ended.sentence ?? ended.reason,
    ...(trouble?.expected ? [`expected: ${trouble.expected}`] : []),
    ...(trouble?.came ? [`came: ${trouble.came}`] : []),
    ...(trouble?.hint ? [`hint: ${trouble.hint}`] : []),
    `layer ${ended.layer || 'unknown'}, owner ${finding?.owner ?? ended.owner}`,
    `${place.file}:${place.line}`,
  ]
    .filter(Boolean)
    .join('\n');
  const message = ended.sentence ?? trouble?.message ?? ended.reason ?? status;
  if (status === 'degraded' && !strict) return { ...common, ending: 'passed', said: `degraded: ${body}` };
  return { ...common, ending: status === 'broken' ? 'error' : 'failure', message, body };
}

function changesOf(tale: Tale, findings: readonly Finding[]): Suite {
  return {
    name: 'change against the baseline',
    package: 'throughline',
    at: tale.run?.at ?? 0,
    ms: 0,
    properties: { run: tale.run?.run ?? '' },
    faults: [],
    cases: findings.map(({ journey, step, status, sentence, layer, owner, details }) => ({
      name: `${step} ${status}`,
      className: journey,
      ms: 0,
      ...(status === 'regressed' && details?.confirmed !== false
        ? { ending: 'failure', message: sentence, body: `${sentence}\nlayer ${layer}, owner ${owner}` }
        : { ending: 'passed', said: sentence }),
    })),
  };
}

function suite({ cases, faults, properties, ...head }: Suite, id: number): string {
  const count = (ending: Ending) => cases.filter((one) => one.ending === ending).length;
  const said = cases.flatMap((one) => (one.said ? [`${one.name}\n${one.said}`] : []));
  return [
    `  <testsuite id="${id}" name="${value(head.name)}" package="${value(head.package)}" timestamp="${stamp(head.at)}" hostname="localhost" tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}" time="${seconds(head.ms)}">`,
    '    <properties>',
    ...Object.entries(properties).map(([name, told]) => `      <property name="${name}" value="${value(told)}"/>`),
    '    </properties>',
    ...cases.map(testcase),
    `    <system-out>${text(said.join('\n\n'))}</system-out>`,
    `    <system-err>${text(faults.join('\n'))}</system-err>`,
    '  </testsuite>\n',
  ].join('\n');
}

function testcase({ name, className, ms, ending, message = '', body = '' }: Case): string {
  const head = `    <testcase name="${value(name)}" classname="${value(className)}" time="${seconds(ms)}"`;
  if (ending === 'passed') return `${head}/>`;
  const type = ending === 'skipped' ? '' : ` type="${ending === 'error' ? 'broken' : 'failed'}"`;
  return `${head}><${ending} message="${value(message)}"${type}>${text(body)}</${ending}></testcase>`;
}

function openJunit(path: string): Reporter {
  const tale = new Tale();
  const file = new ReportFile(path, 'junit');
  return {
    on: (event) => tale.on(event),
    [Symbol.asyncDispose]: async () => {
      if (tale.run) file.finish([document(tale)]);
      else file.drop();
    },
  };
}

const junit: ReporterPart = {
  about: 'JUnit XML for CI: a suite for each walk, a case for each step',
  defaultPath: '.throughline/junit.xml',
  open: ({ path = 'junit.xml' }) => openJunit(path),
};

export default junit;
