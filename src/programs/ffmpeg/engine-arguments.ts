/**
 * Settings of an encoder as arguments of FFmpeg, in SRS's words and order:
 *
 * ```text
 * [perfile] [-f iformat] -i INPUT [vfilter] -vcodec V [-b:v ..] .. [vparams] -acodec A .. [aparams]
 * [-f oformat] -y OUTPUT
 * ```
 *
 * @module
 */

/** Names and values of options, without their dash; an empty value stands for none. */
export type FfmpegOptions = Readonly<Record<string, string>>;

/** Zeroes and empty texts stand for what is left to FFmpeg. */
export interface EngineSettings {
  readonly perfile: FfmpegOptions;
  /** `off`: found out by FFmpeg. */
  readonly iformat: string;
  readonly vfilter: FfmpegOptions;
  /** `vn`: no video; `copy`: as it is. */
  readonly vcodec: string;
  /** kbit/s. */
  readonly vbitrate: number;
  readonly vfps: number;
  readonly vwidth: number;
  readonly vheight: number;
  readonly vthreads: number;
  readonly vprofile: string;
  readonly vpreset: string;
  readonly vparams: FfmpegOptions;
  /** `an`: no audio; `copy`: as it is. */
  readonly acodec: string;
  /** kbit/s. */
  readonly abitrate: number;
  /** Hz. */
  readonly asampleRate: number;
  readonly achannels: number;
  readonly aparams: FfmpegOptions;
  /** `off`: found out by FFmpeg. */
  readonly oformat: string;
}

/** For FFmpeg to encode `input` again. */
export function encodeArguments(
  engine: EngineSettings,
  input: string,
  output: string,
): readonly string[] {
  return [
    ...optionArguments(engine.perfile),
    ...formatArguments(engine.iformat),
    ...["-i", input],
    ...optionArguments(engine.vfilter),
    ...videoArguments(engine),
    ...audioArguments(engine),
    ...formatArguments(engine.oformat),
    ...["-y", output],
  ];
}

/** For FFmpeg to send `input` on as it is. */
export function copyArguments(input: string, output: string): readonly string[] {
  return ["-i", input, "-vcodec", "copy", "-acodec", "copy", "-f", "flv", "-y", output];
}

export function optionArguments(options: FfmpegOptions): readonly string[] {
  return Object.entries(options).flatMap(([name, value]) =>
    value === "" ? [`-${name}`] : [`-${name}`, value],
  );
}

function formatArguments(format: string): readonly string[] {
  return format === "off" || format === "" ? [] : ["-f", format];
}

function videoArguments(engine: EngineSettings): readonly string[] {
  const { vcodec } = engine;
  if (vcodec === "vn") return ["-vn"];
  if (vcodec === "copy") return ["-vcodec", "copy"];
  // Encoders take no odd numbers.
  const width = engine.vwidth - (engine.vwidth % 2);
  const height = engine.vheight - (engine.vheight % 2);
  const hasSize = width > 0 && height > 0;
  return [
    ...given(vcodec !== "", "-vcodec", vcodec),
    ...given(engine.vbitrate > 0, "-b:v", String(engine.vbitrate * 1_000)),
    ...given(engine.vfps > 0, "-r", engine.vfps.toFixed(2)),
    ...given(hasSize, "-s", `${width}x${height}`),
    ...given(hasSize, "-aspect", `${width}:${height}`),
    ...given(engine.vthreads > 0, "-threads", String(engine.vthreads)),
    ...given(engine.vprofile !== "", "-profile:v", engine.vprofile),
    ...given(engine.vpreset !== "", "-preset", engine.vpreset),
    ...optionArguments(engine.vparams),
  ];
}

function audioArguments(engine: EngineSettings): readonly string[] {
  const { acodec, aparams } = engine;
  if (acodec === "an") return ["-an"];
  // As it is, but for the one filter that makes AAC of MPEG-TS fit for FLV.
  if (acodec === "copy") {
    const filter = aparams["bsf:a"];
    return [
      ...["-acodec", "copy"],
      ...given(filter === "aac_adtstoasc", "-bsf:a", "aac_adtstoasc"),
    ];
  }
  return [
    ...given(acodec !== "", "-acodec", acodec),
    ...given(engine.abitrate > 0, "-b:a", String(engine.abitrate * 1_000)),
    ...given(engine.asampleRate > 0, "-ar", String(engine.asampleRate)),
    ...given(engine.achannels > 0, "-ac", String(engine.achannels)),
    ...optionArguments(aparams),
  ];
}

function given(isGiven: boolean, name: string, value: string): readonly string[] {
  return isGiven ? [name, value] : [];
}
