import { test } from '@playwright/test';
import { journeys } from '../runners/playwright.ts';

await journeys(test, { cwd: process.cwd() });
