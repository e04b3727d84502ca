import type { Locator, Page } from 'playwright';
import { z } from 'zod';

/** How a thing on the page is named, as a person would: role and name, label or text first. */
export const where = {
  role: z.string().optional().describe('ARIA role: button, link, heading, alert, status …'),
  name: z.string().optional().describe('accessible name, with `role`'),
  label: z.string().optional().describe('label of a form field'),
  text: z.string().optional().describe('visible text'),
  placeholder: z.string().optional(),
  'test-id': z.string().optional().describe('data-testid'),
  css: z.string().optional().describe('CSS selector, when nothing else will do'),
  exact: z.boolean().default(false).describe('whole text, case counts'),
  nth: z.number().int().min(1).default(1).describe('which of several, from 1'),
};

const shape = z.object(where);
export type Where = z.infer<typeof shape>;

export function locate(
  page: Page,
  { role, name, label, text, placeholder, 'test-id': testId, css, exact, nth }: Where,
): Locator {
  const found =
    testId !== undefined
      ? page.getByTestId(testId)
      : label !== undefined
        ? page.getByLabel(label, { exact })
        : role !== undefined
          ? page.getByRole(role as 'button', { ...(name === undefined ? {} : { name }), exact })
          : placeholder !== undefined
            ? page.getByPlaceholder(placeholder, { exact })
            : css !== undefined
              ? page.locator(css)
              : page.getByText(text ?? '', { exact });
  const filtered =
    text !== undefined && (testId ?? label ?? role ?? placeholder ?? css) !== undefined
      ? found.filter({ hasText: text })
      : found;
  return filtered.nth(nth - 1);
}

/**
 * What a customer clicks on by its words: a button before a link, either before anything else that can be chosen.
 * One locator and so one call of Playwright's: each further call costs a snapshot of the trace.
 */
function byWords(page: Page, name: string, exact: boolean): Locator {
  const as = (role: 'button' | 'link' | 'tab' | 'menuitem' | 'option' | 'checkbox' | 'radio') =>
    page.getByRole(role, { name, exact });
  const unless = (found: Locator, other: Locator) => page.locator('html').filter({ hasNot: found }).locator(other);
  const [button, link] = [as('button'), as('link')];
  const choice = as('tab').or(as('menuitem')).or(as('option')).or(as('checkbox')).or(as('radio'));
  return button.or(unless(button, link)).or(unless(button.or(link), choice));
}

export async function click(page: Page, words: Where, timeout: number): Promise<void> {
  const { text, exact, nth } = words;
  const bare = words.role ?? words.label ?? words.placeholder ?? words['test-id'] ?? words.css;
  const found =
    text === undefined || bare !== undefined ? locate(page, words) : byWords(page, text, exact).nth(nth - 1);
  await found.click({ timeout });
}

export function inWords({ role, name, label, text, placeholder, 'test-id': testId, css }: Where): string {
  if (role !== undefined) return `${role}${name ? ` “${name}”` : ''}${text ? ` with “${text}”` : ''}`;
  const plain = label ?? placeholder ?? testId ?? css;
  if (plain !== undefined)
    return `${label ? 'the field' : placeholder ? 'the field with the hint' : testId ? 'test id' : 'selector'} “${plain}”${text ? ` with “${text}”` : ''}`;
  return `“${text ?? ''}”`;
}
