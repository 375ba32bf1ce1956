/**
 * Arguments with variables in brackets, as SRS has them: `[app]/[stream]`. A value stays a part of the
 * argument that it is put in, whatever is in it: it never becomes another one.
 *
 * @module
 */

/** What stands for a variable, by its name without brackets. */
export type TemplateValues = Readonly<Record<string, string | number>>;

const VARIABLE = /\[([A-Za-z0-9_]+)\]/g;

/** Puts the values in; what is no variable stays as it is. */
export function expandTemplate(template: string, values: TemplateValues): string {
  return template.replace(VARIABLE, (text, name: string) =>
    Object.hasOwn(values, name) ? String(values[name]) : text,
  );
}

/**
 * Whether an argument is an option, by its leading dash, that its template does not make one: a client has
 * chosen a name that begins with a dash.
 */
export function isOptionByValue(template: string, argument: string): boolean {
  return argument.startsWith("-") && !template.startsWith("-");
}

/**
 * The path of a file: what a client has chosen stays in the folder that the template names. Values may
 * hold `/` where they are names that have been looked at, such as an application.
 *
 * @param safe Names of variables whose values are no more than safe names with `/` between them.
 */
export function expandPath(
  template: string,
  values: TemplateValues,
  safe: readonly string[],
): string {
  const tame = Object.entries(values).map(([name, value]): [string, string | number] => [
    name,
    safe.includes(name)
      ? value
      : String(value)
          .replace(/[/\\\0]/g, "_")
          .replace(/^\.+/, "_"),
  ]);
  const path = expandTemplate(template, Object.fromEntries(tame));
  // Where the name comes first, it is neither an option nor a protocol.
  return template.startsWith("[") && path !== template ? `./${path}` : path;
}
