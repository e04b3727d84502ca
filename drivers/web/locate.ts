import type { FrameLocator, Locator, Page } from 'playwright';
import { z } from 'zod';
import type { Use } from '../../core/driver.ts';
import type { Problem } from '../../core/errors.ts';

/** How a thing on the page is named, as a person would: role and name, label or text first. */
export const where = {
  role: z.string().optional().describe('ARIA role: button, link, heading, alert, status …'),
  name: z.string().optional().describe('accessible name, with `role`'),
  label: z.string().optional().describe('label of a form field'),
  text: z.string().optional().describe('visible text'),
  placeholder: z.string().optional(),
  'test-id': z.string().optional().describe('data-testid'),
  css: z.string().optional().describe('CSS selector, when nothing else will do'),
  frame: z.string().optional().describe('title, name, id or part of the address of the frame it stands in'),
  exact: z.boolean().default(false).describe('whole text, case counts'),
  nth: z.number().int().min(1).default(1).describe('which of several, from 1'),
};

const shape = z.object(where);
export type Where = z.infer<typeof shape>;

/** A page, or a frame in it. */
type Ground = Page | FrameLocator;

function groundOf(page: Page, { frame }: Where): Ground {
  if (frame === undefined) return page;
  const value = `"${frame.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  const named = ['title=', 'name=', 'id=', 'aria-label=', 'src*='].map((attribute) => `iframe[${attribute}${value}]`);
  return page.locator(named.join(', ')).first().contentFrame();
}

/** What a person could see of what the words name; a file field is often hidden behind a button. */
export const locate = (page: Page, words: Where): Locator =>
  found(groundOf(page, words), words)
    .filter({ visible: true })
    .nth(words.nth - 1);

export const locateHidden = (page: Page, words: Where): Locator =>
  found(groundOf(page, words), words).nth(words.nth - 1);

function found(page: Ground, { role, name, label, text, placeholder, 'test-id': testId, css, exact }: Where): Locator {
  const all =
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
  return text !== undefined && (testId ?? label ?? role ?? placeholder ?? css) !== undefined
    ? all.filter({ hasText: text })
    : all;
}

/**
 * What a customer clicks on by its words: a button before a link, either before anything else that can be chosen, that before any other text.
 * One locator and so one call of Playwright's: each further call costs a snapshot of the trace.
 */
function byWords(page: Ground, name: string, exact: boolean): Locator {
  const as = (role: 'button' | 'link' | 'tab' | 'menuitem' | 'option' | 'checkbox' | 'radio') =>
    page.getByRole(role, { name, exact });
  // Nested, so that each is looked for twice at most, however deep.
  const unless = (from: Locator, found: Locator, other: Locator) => from.filter({ hasNot: found }).locator(other);
  const same = page.locator('xpath=.');
  const [button, link] = [as('button'), as('link')];
  const choice = as('tab').or(as('menuitem')).or(as('option')).or(as('checkbox')).or(as('radio'));
  const text = page.getByText(name, { exact }).filter({ visible: true });
  const rest = link.or(unless(same, link, choice.or(unless(same, choice, text))));
  return button.or(unless(page.locator('html'), button, rest));
}

export async function click(page: Page, words: Where, timeout: number): Promise<void> {
  const { text, exact, nth } = words;
  const bare = words.role ?? words.label ?? words.placeholder ?? words['test-id'] ?? words.css;
  const meant =
    text === undefined || bare !== undefined
      ? locate(page, words)
      : byWords(groundOf(page, words), text, exact).nth(nth - 1);
  await meant.click({ timeout });
}

export const inWords = (words: Where): string =>
  `${bareWords(words)}${words.frame ? ` in the frame “${words.frame}”` : ''}`;

function bareWords({ role, name, label, text, placeholder, 'test-id': testId, css }: Where): string {
  if (role !== undefined) return `${role}${name ? ` “${name}”` : ''}${text ? ` with “${text}”` : ''}`;
  const plain = label ?? placeholder ?? testId ?? css;
  if (plain !== undefined)
    return `${label ? 'the field' : placeholder ? 'the field with the hint' : testId ? 'test id' : 'selector'} “${plain}”${text ? ` with “${text}”` : ''}`;
  return `“${text ?? ''}”`;
}

const ways = ['role', 'label', 'text', 'placeholder', 'test-id', 'css'] as const;

/** Steps that name nothing on the page, or a name without its role. */
export function unnamed(uses: readonly Use[]): readonly Problem[] {
  return uses.flatMap(({ verb, args, place }): readonly Problem[] => {
    if (!['click', 'fill', 'choose', 'see', 'not-see', 'read', 'upload'].includes(verb)) return [];
    if (args.name !== undefined && args.role === undefined)
      return [
        {
          message: '`name` is the name of a `role`',
          place,
          hint: 'add role: button, link, heading …, or use label or text',
        },
      ];
    if (ways.some((way) => args[way] !== undefined && args[way] !== '')) return [];
    return [{ message: `web.${verb} does not say what on the page`, place, hint: `name it by ${ways.join(', ')}` }];
  });
}
