/** Courses and items as the origin tells them (docs/http-api.md). Times and durations are ms, `bandwidth` is bit/s. */

export type ItemKind = "lecture" | "class";
export type ItemState = "preparing" | "ready" | "live" | "ended" | "failed";

/** A public key on P-256 in JWK form, with the name that playlists give it. */
export interface ItemKey {
  readonly kty: "EC";
  readonly crv: "P-256";
  readonly x: string;
  readonly y: string;
  readonly kid: string;
}

export interface Track {
  readonly id: string;
  readonly kind: "video" | "audio";
  readonly codecs: string;
  readonly bandwidth: number;
  readonly width?: number;
  readonly height?: number;
  readonly frame_rate?: number;
  readonly language?: string;
  readonly name?: string;
  readonly channels?: number;
}

export interface Caption {
  readonly language: string;
  readonly name: string;
  readonly url: string;
}

export interface Item {
  readonly id: string;
  readonly course: string;
  readonly kind: ItemKind;
  readonly title: string;
  readonly state: ItemState;
  readonly created: number;
  readonly started: number | null;
  readonly ended: number | null;
  readonly duration: number;
  readonly segment_duration: number;
  readonly playlist: string;
  readonly thumbnails: string | null;
  readonly tracks: readonly Track[];
  readonly captions: readonly Caption[];
  readonly key: ItemKey;
}

export interface Course {
  readonly id: string;
  readonly title: string;
  readonly items: readonly Item[];
}
