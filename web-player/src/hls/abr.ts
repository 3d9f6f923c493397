/** hls.js's choice of quality, fed with the capacity of the sources instead of the speed of paced transfers. */
import { AbrController } from "hls.js";
import type { Events, FragBufferedData, FragLoadingData, Fragment, LoaderStats } from "hls.js";

/** Which fragments the engine loads, and which loads say nothing about capacity (they came out of the cache). */
export interface LoadRegister {
  loads(frag: Fragment): boolean;
  readonly cached: WeakSet<LoaderStats>;
}

/** Make the controller class for one engine. */
export function abrControllerOf(register: LoadRegister): typeof AbrController {
  return class extends AbrController {
    /** The rule that abandons slow loads judges by bytes so far; ours wait on purpose and bring their own deadline. */
    protected override onFragLoading(event: Events.FRAG_LOADING, data: FragLoadingData): void {
      if (data.part !== undefined || !register.loads(data.frag)) super.onFragLoading(event, data);
    }

    protected override onFragBuffered(event: Events.FRAG_BUFFERED, data: FragBufferedData): void {
      if (!register.cached.has(data.frag.stats)) super.onFragBuffered(event, data);
    }
  };
}
