/** What calls of the attacks are made of. */
import { encodeKeys } from '#tacet/wire/request-writer.js';
import { dedupeService } from '#tacet/wire/service.js';
import { message } from '../wire/frames.js';

export const CHECK = dedupeService.Check.path;
export const DEDUPE = dedupeService.Dedupe.path;
export const BATCH_CHECK = dedupeService.BatchCheck.path;
export const GET_LISTS = dedupeService.GetLists.path;
export const HEALTH_CHECK = '/grpc.health.v1.Health/Check';
export const HEALTH_WATCH = '/grpc.health.v1.Health/Watch';
export const REFLECTION = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';

/** A message without a field; `GetLists` and health take it. */
export const EMPTY_MESSAGE = message(Buffer.alloc(0));
/** A number that `Check` takes. */
export const ONE_CHECK = message(
  dedupeService.Check.requestSerialize({
    phoneNumber: '+32475123456',
    optInDate: '',
    region: '',
    advertiser: '',
  }),
);
/** A batch of `count` numbers, for `Dedupe` and `BatchCheck`. */
export const batchOf = (count: number): Buffer =>
  message(encodeKeys(Array.from({ length: count }, (_, index) => 32_470_000_000 + index)));
