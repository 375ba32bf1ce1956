/**
 * The user that the server is to act for, as the system's own files know it.
 *
 * Spec: passwd(5), group(5)
 *
 * @module
 */

import { SystemError } from "../../base/errors.ts";
import type { Files, UserIdentity } from "../../runtime/runtime.ts";

const PASSWD = "/etc/passwd";
const GROUP = "/etc/group";

/** Fields of a line, and where in it the name, the number and more are. */
type Row = readonly string[];
const NAME = 0;
const NUMBER = 2;
const GROUP_OF_USER = 3;
const MEMBERS_OF_GROUP = 3;

const NUMBER_MAX = 0xffff_fffe; // The one above means "leave it as it is".

/**
 * Looks up `user` or `user:group`, each a name or a number. Without a group it is the user's own; the
 * others that the user is a member of come with it.
 *
 * @throws {SystemError} `EUSER` if there is none.
 */
export async function findUser(
  text: string,
  files: Pick<Files, "readText">,
): Promise<UserIdentity> {
  const [userText = "", groupText] = text.split(":", 2);
  const users = await readRows(PASSWD, files);
  const groups = await readRows(GROUP, files);
  const user = findRow(users, userText);
  const userId = numberOf(user?.[NUMBER] ?? userText);
  if (userId === undefined) throw missing(text, `there is no user "${userText}" in ${PASSWD}`);
  const groupId = findGroup(groupText, user, groups);
  if (groupId === undefined) {
    const what = groupText === undefined ? "no group is known of it, say which" : undefined;
    throw missing(text, what ?? `there is no group "${groupText}" in ${GROUP}`);
  }
  const name = user?.[NAME];
  const others = groups
    .filter((row) => name !== undefined && row[MEMBERS_OF_GROUP]?.split(",").includes(name))
    .flatMap((row) => numberOf(row[NUMBER] ?? "") ?? []);
  return { userId, groupId, groupIds: [...new Set([groupId, ...others])] };
}

function findGroup(
  text: string | undefined,
  user: Row | undefined,
  groups: readonly Row[],
): number | undefined {
  if (text === undefined) return numberOf(user?.[GROUP_OF_USER] ?? "");
  return numberOf(findRow(groups, text)?.[NUMBER] ?? text);
}

async function readRows(path: string, files: Pick<Files, "readText">): Promise<Row[]> {
  const text = await files.readText(path).catch(() => "");
  return text.split("\n").map((line) => line.split(":"));
}

/** A name comes before a number. */
function findRow(rows: readonly Row[], text: string): Row | undefined {
  if (text === "") return undefined;
  return rows.find((row) => row[NAME] === text) ?? rows.find((row) => row[NUMBER] === text);
}

function numberOf(text: string): number | undefined {
  return /^\d{1,10}$/.test(text) && Number(text) <= NUMBER_MAX ? Number(text) : undefined;
}

function missing(text: string, reason: string): SystemError {
  return new SystemError("EUSER", `Cannot act for user "${text}": ${reason}`);
}
