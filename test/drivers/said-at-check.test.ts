import { expect, test } from 'vitest';
import { guardOf, guardSettings } from '../../config/guard.ts';
import { discover } from '../../core/discover.ts';
import type { Driver } from '../../core/driver.ts';
import { SpecError } from '../../core/errors.ts';
import { readJourneys } from '../../core/spec.ts';
import { readingOf, Stage } from '../kit/stage.ts';

const drivers = await discover<Driver>(new URL('../../drivers/', import.meta.url));

/** Every problem of these steps: line and message. */
async function said(steps: string, config = {}): Promise<readonly string[]> {
  using stage = new Stage();
  const path = stage.write('j.yaml', `title: t\nvars: { evil: evil.test, odd: 5 minutes }\nsteps:\n${steps}`);
  const guard = guardOf(guardSettings.parse({}), { count: () => 0 }, { now: () => Date.now(), zone: 'UTC' });
  const reading = readingOf(stage, drivers, { literal: (target) => guard.target(target), config });
  try {
    await readJourneys([path], reading);
    return [];
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    return error.problems.map(({ place, message }) => `${place?.line}:${place?.column} ${message}`);
  }
}

test('what only a driver knows to be wrong is said at check, where it stands', async () => {
  expect(
    await said(
      `  - pause: { from: 2s, to: 1s }
  - pause: { for: 1s, to: 2s }
  - pause:
  - pause: \${vars.odd}
  - http.call: ftp://127.0.0.1/
  - http.call: { url: "http://127.0.0.1/", expect: { body: "a[" } }
  - http.call: { url: "http://127.0.0.1/", expect: { body: { "a[": 1 } } }
  - chat.hear: { matches: "(" }
  - chat.hear: { similar: { to: x, min: 0.5 }, by: bot }
  - crm.expect: { case: { a: b }, where: "x[" }
`,
    ),
  ).toMatchInlineSnapshot(`
    [
      "4:12 a pause is one time, as \`2s\`, or from one time to a later one, as \`{ from: 2s, to: 5s }\`",
      "5:12 a pause is one time, as \`2s\`, or from one time to a later one, as \`{ from: 2s, to: 5s }\`",
      "6:5 a pause is one time, as \`2s\`, or from one time to a later one, as \`{ from: 2s, to: 5s }\`",
      "7:12 \`for\`: expected a duration as 500ms, 8s, 2m or 1h",
      "8:16 \`url\`: no http address, such as https://acme.example/status",
      "9:60 \`expect.body\`: no JMESPath: Syntax error: expected Star, got: EOF; see jmespath.org",
      "10:68 \`expect.body.a[\`: as a key, no JMESPath: Syntax error: expected Star, got: EOF; see jmespath.org",
      "11:27 \`matches\`: no regular expression: /(/iu: Unterminated group",
      "12:16 \`similar\` stands alone: a negation or a wrong amount would pass; add \`text\`, \`mentions\` or \`not-mentions\`",
      "13:42 \`where\`: no JMESPath: Syntax error: expected Star, got: EOF; see jmespath.org",
    ]
  `);
});

test('a target that the configuration or `vars` make known is refused at check; one that is saved is left to the run', async () => {
  const steps = `  - http.call: http://\${vars.evil}/
  - http.call: \${config.shop}/x
    save: it
  - http.call: \${it.body}/x
`;
  expect(await said(steps, { shop: 'https://shop.test' })).toEqual([
    '4:16 the guard does not allow http://evil.test/',
    '5:16 the guard does not allow https://shop.test/x',
  ]);
  expect(
    await said(steps.replace('vars.evil', 'config.host'), { shop: 'http://127.0.0.1', host: 'localhost' }),
  ).toEqual([]);
});
