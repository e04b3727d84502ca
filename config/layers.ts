/** Layers of a contact centre in the order in which a customer meets them. */
export const usualLayers = [
  'carrier',
  'network',
  'sip',
  'web',
  'messaging',
  'ivr',
  'identity',
  'bot',
  'knowledge',
  'routing',
  'agent',
  'crm',
  'desk',
] as const;
