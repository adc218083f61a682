/** What a Node service imports as `tacet/engine`: the engine inside its own process. */
export { matchedNames } from '../client/approach.ts';
export { TacetError } from '../errors.ts';
export type { ListLog } from '../serving/notices.ts';
export { Engine, type EngineOptions, type JudgeOptions } from './engine.ts';
