/**
 * Goal: who is refused reads why in plain words, and what to do that helps from where he is.
 *
 * Method: each status that the API refuses with, from this machine and from another.
 */

import { expect, test } from "vitest";
import { explainProblem } from "../../../web/console/api-problem.js";

const REFUSED =
  "Cannot answer: without http_api.auth only this machine may use the API, and no page of another site";
const LOCAL = new URL("http://localhost:1985/console/");

const explain = (status: number, message = "", page = LOCAL) =>
  explainProblem({ status, message }, page);

test("this machine alone, seen from another", () => {
  const { title, text, steps } = explain(403, REFUSED, new URL("http://a.example:1985/console/"));
  expect(title).toBe("The API answers only the server's own machine");
  expect(text).toMatch(/you have opened it as a\.example\.$/);
  expect(steps.map(({ code }) => code)).toEqual([
    "http://localhost:1985/console/",
    "ssh -N -L 1985:localhost:1985 a.example",
    expect.stringMatching(/^http_api:\n {2}auth:\n {4}enabled: true\n/),
  ]);
});

test.each([
  ["https://a.example/console/", "ssh -N -L 443:localhost:443 a.example"],
  ["http://a.example/console/", "ssh -N -L 80:localhost:80 a.example"],
  ["http://[2001:db8::1]:1985/console/", "ssh -N -L 1985:localhost:1985 2001:db8::1"],
])("the tunnel to %s", (page, code) => {
  expect(explain(403, REFUSED, new URL(page)).steps[1]?.code).toBe(code);
});

test.each(["http://127.0.0.1:1985/", "http://[::1]:1985/", "http://a.localhost:1985/"])(
  "a proxy in between, at %s",
  (page) => {
    const { title, steps } = explain(403, REFUSED, new URL(page));
    expect(title).toMatch(/does not take you for somebody on this machine/);
    expect(steps.length).toBe(2);
  },
);

test("a name that only looks like this machine's is another's", () => {
  const page = new URL("http://localhost.example:1985/");
  expect(explain(403, REFUSED, page).title).toMatch(/only the server's own machine/);
});

test.each([
  [-1, "", /not what this page expects/, true],
  [0, "", /does not answer/, true],
  [401, "Cannot answer: no valid credentials", /wants a name and a password/, false],
  [403, "Cannot answer: the user has no permission for it", /user may not read/, false],
  [404, 'Cannot find "/api/v1/summaries"', /no API on this port/, true],
  [429, "Cannot answer: too many wrong passwords came from there", /Too many wrong/, false],
  [503, "", /does not work/, true],
])("status %d is explained, and asked again only where no window would open", (...row) => {
  const [status, message, title, isRetried] = row;
  expect(explain(status, message)).toMatchObject({
    title: expect.stringMatching(title),
    isRetried,
  });
});
