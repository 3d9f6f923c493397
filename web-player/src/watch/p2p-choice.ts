/** What the viewer chose about P2P, remembered. */
import { remembered } from "../preferences.ts";

/** The viewer's switch; on until switched off. */
export const p2pWanted = (): boolean => remembered("p2p") !== "off";

/** Whether parts may be passed on over a connection that may cost by volume; not until the viewer says so. */
export const sharingAgreed = (): boolean => remembered("p2p-metered") === "on";
