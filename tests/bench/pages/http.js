/** hls.js as its authors ship it. */
import Hls from "hls.js";
import { asked, play } from "./playing.js";

play(new Hls(), asked.get("src"));
