/**
 * Where things are in protected packets, whatever the profile.
 *
 * Spec: RFC 3711, section 3.4.
 *
 * @module
 */

/** In an RTP packet. */
export const RTP_SSRC_OFFSET = 8;

/** Of an RTCP packet this is not encrypted: flags, type, length and the sender's SSRC. */
export const RTCP_HEADER_SIZE = 8;

/** In an RTCP packet. */
export const RTCP_SSRC_OFFSET = 4;

/** The word with the flag E and the SRTCP index. */
export const RTCP_INDEX_SIZE = 4;

/** The flag E in that word: the packet is encrypted. */
export const ENCRYPTED_FLAG = 0x8000_0000;
