/** Why people are approached, as printed; on the wire `tacet.v1.Purpose`, from 1 in this order. */
export const PURPOSES = ['direct-marketing', 'service'] as const;
/** How, as printed; on the wire `tacet.v1.Channel`, from 1 in this order. */
export const CHANNELS = ['person', 'automated', 'sms', 'fax'] as const;

/**
 * `direct-marketing`: to sell, raise funds or recruit members. `service`: an appointment, a product
 * fault, a delivery, technical help.
 */
export type Purpose = (typeof PURPOSES)[number];
/** `automated`: a machine calls, or an artificial voice. */
export type Channel = (typeof CHANNELS)[number];

/** Why and how people are approached: what decides besides the list. Structured-cloneable. */
export interface Approach {
  /** On the word of the caller. */
  readonly purpose: Purpose;
  readonly channel: Channel;
}

/** What is meant where nothing is said. */
export const USUAL_APPROACH: Approach = { purpose: 'direct-marketing', channel: 'person' };

/** Whether it is {@link USUAL_APPROACH}: then the verdicts of the list stand as they are. */
export function isUsual({ purpose, channel }: Approach): boolean {
  return purpose === USUAL_APPROACH.purpose && channel === USUAL_APPROACH.channel;
}
