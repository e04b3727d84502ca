export { type Action, type Context, type Driver, defineAction, defineDriver, type Tools } from '../core/driver.ts';
export { duration } from '../core/duration.ts';
export { Failure, SpecError } from '../core/errors.ts';
export type { Event, Finding, Note } from '../core/event.ts';
export type { Reporter, ReporterPart } from '../core/reporter.ts';
export { journeys } from './playwright.ts';
