/**
 * Transport stream packets: 188 bytes each, whatever they carry.
 *
 * Spec: ISO/IEC 13818-1, 2.4.3.2 and 2.4.3.3 (transport packet), 2.4.3.4 and 2.4.3.5 (adaptation
 * field).
 *
 * @module
 */

export const TS_PACKET_SIZE = 188;
export const TS_SYNC_BYTE = 0x47;
/** From the sync byte to the continuity counter. */
export const TS_HEADER_SIZE = 4;

/** Packet identifiers with a meaning of their own. The PAT and the PMTs give out the others. */
export const Pid = {
  ProgramAssociation: 0x0000,
  ConditionalAccess: 0x0001,
  TransportStreamDescription: 0x0002,
  IpmpControlInformation: 0x0003,
  AdaptiveStreamingInformation: 0x0004,
  /** Stuffing; as PCR_PID: the program has no clock. */
  Null: 0x1fff,
} as const;

/** Set in the packet's second byte: a PES packet or a section begins here. */
export const PAYLOAD_UNIT_START = 0x40;

/** adaptation_field_control, where it stands in the packet's fourth byte. */
export const AdaptationFieldControl = {
  Reserved: 0x00,
  Payload: 0x10,
  AdaptationField: 0x20,
  Both: 0x30,
} as const;

/** Flags of the adaptation field. */
export const AdaptationFlag = {
  /** In a packet of the PCR's PID: the program's clock jumps here. */
  Discontinuity: 0x80,
  /** A decoder can start at the access unit that begins in this packet. */
  RandomAccess: 0x40,
  ElementaryStreamPriority: 0x20,
  Pcr: 0x10,
  Opcr: 0x08,
  SplicingPoint: 0x04,
  TransportPrivateData: 0x02,
  Extension: 0x01,
} as const;

/** Clock ticks of the program clock reference per tick of a PTS: 27 MHz to 90 kHz. */
export const PCR_TICKS_PER_PTS_TICK = 300;
