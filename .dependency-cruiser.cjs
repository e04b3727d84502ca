/** The floors of the house: imports only go down (docs/decisions/0001). A test plants a violation and a cycle and expects both to be found. */
const floor = (name, from, to, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: from },
  to: { path: to },
});
const parts = '(drivers|reporters)';

module.exports = {
  forbidden: [
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '^(bun|k6)' } },
    floor(
      'core-knows-nothing',
      '^core/',
      '^(drivers|telephony|store|config|judge|reporters|lab|runners)/',
      'core is floor 0',
    ),
    {
      name: 'core-packages',
      severity: 'error',
      comment: 'core imports zod, yaml, jmespath and csv-parse only',
      from: { path: '^core/' },
      to: {
        dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer'],
        pathNot: 'node_modules/(zod|yaml|@jmespath-community/jmespath|csv-parse)/',
      },
    },
    floor(
      'drivers-down',
      '^drivers/',
      '^(store|config|judge|reporters|lab|runners)/',
      'drivers import core (voice: telephony)',
    ),
    {
      name: 'telephony-door',
      severity: 'error',
      from: { path: '^drivers/', pathNot: '^drivers/voice' },
      to: { path: '^telephony/' },
    },
    floor(
      'telephony-down',
      '^telephony/',
      '^(drivers|store|config|judge|reporters|lab|runners)/',
      'telephony imports core',
    ),
    floor('store-down', '^store/', '^(drivers|telephony|config|judge|reporters|lab|runners)/', 'store imports core'),
    floor('config-down', '^config/', '^(drivers|telephony|store|judge|reporters|lab|runners)/', 'config imports core'),
    floor('judge-down', '^judge/', '^(drivers|telephony|store|config|reporters|lab|runners)/', 'judge imports core'),
    floor(
      'reporters-down',
      '^reporters/',
      '^(drivers|telephony|store|config|judge|lab|runners)/',
      'reporters import core',
    ),
    floor('lab-down', '^lab/', '^(drivers|store|config|judge|reporters|runners)/', 'lab imports core and telephony'),
    floor(
      'nobody-imports-tests',
      '^(core|drivers|telephony|store|config|judge|reporters|lab|runners)/',
      '^(test|bench|scripts)/',
      'tests are on top',
    ),
    {
      name: 'part-to-part',
      severity: 'error',
      comment: 'a part never imports another part',
      from: { path: `^${parts}/[^/]+[.]ts$` },
      to: { path: `^${parts}/[^/]+[.]ts$` },
    },
    {
      name: 'machine-room',
      severity: 'error',
      comment:
        'drivers/<x>/ is entered by drivers/<x>.ts alone, reporters likewise; record/ and map/ have their own lists',
      from: { path: '^(drivers|reporters)/([^/.]+)' },
      to: { path: '^(drivers|reporters)/[^/]+/', pathNot: ['^$1/$2/', '^drivers/(record|map)/'] },
    },
    {
      name: 'record-room',
      severity: 'error',
      from: { path: '^drivers/', pathNot: '^drivers/(record/|crm|ticket|knowledge)' },
      to: { path: '^drivers/record/' },
    },
    {
      name: 'map-room',
      severity: 'error',
      from: { path: '^drivers/', pathNot: '^drivers/(map/|chat|messaging)' },
      to: { path: '^drivers/map/' },
    },
    {
      name: 'machine-room-outside',
      severity: 'error',
      comment: 'runners, lab and tests of the house enter parts by their front door',
      from: { path: '^(runners|lab)/' },
      to: { path: '^(drivers|reporters)/[^/]+/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|node_modules|[.]throughline)' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.mjs', '.js', '.json', '.d.ts'],
    },
  },
};
