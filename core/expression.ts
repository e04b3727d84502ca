import { compile } from '@jmespath-community/jmespath';
import { z } from 'zod';

/** A JMESPath in YAML; what is no expression is said where it stands. */
export const expression = z.string().superRefine((text, context) => {
  try {
    compile(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    context.addIssue({ code: 'custom', message: `no JMESPath: ${why}; see jmespath.org` });
  }
});
