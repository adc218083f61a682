import { type Approach, CHANNELS, PURPOSES, USUAL_APPROACH } from '../verdict/approach.ts';

/** Purpose and channel as messages carry them. */
interface WireApproach {
  /** A `tacet.v1.Purpose`; 0 = unspecified. */
  readonly purpose: number;
  /** A `tacet.v1.Channel`; 0 = unspecified. */
  readonly channel: number;
}

/** The values of `tacet.v1.Purpose` and `tacet.v1.Channel`. */
export function encodeApproach({ purpose, channel }: Approach): WireApproach {
  return { purpose: PURPOSES.indexOf(purpose) + 1, channel: CHANNELS.indexOf(channel) + 1 };
}

/** The reverse; unspecified is the usual one. What has no name is undefined. */
export function decodeApproach({ purpose, channel }: WireApproach): {
  readonly [Name in keyof Approach]: Approach[Name] | undefined;
} {
  return {
    purpose: purpose === 0 ? USUAL_APPROACH.purpose : PURPOSES[purpose - 1],
    channel: channel === 0 ? USUAL_APPROACH.channel : CHANNELS[channel - 1],
  };
}
