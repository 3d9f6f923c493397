/** Whether the viewer wants what is watched to be kept on the device, remembered; off until switched on. */
import { remember, remembered } from "../preferences.ts";

export const lastingWanted = (): boolean => remembered("lasting") === "on";

export const wantLasting = (on: boolean): void => { remember("lasting", on ? "on" : "off"); };
