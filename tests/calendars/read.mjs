// What ical.js makes of calendar files: {name: text} on standard input, {name: {method, events}} on standard output.
import { readFileSync } from "node:fs";
import ICAL from "../../node_modules/ical.js/dist/ical.js";

const files = JSON.parse(readFileSync(0, "utf8"));
const read = (text) => {
  const calendar = new ICAL.Component(ICAL.parse(text));
  return {
    method: calendar.getFirstPropertyValue("method"),
    zones: calendar.getAllSubcomponents("vtimezone").map((zone) => zone.getFirstPropertyValue("tzid")),
    events: calendar.getAllSubcomponents("vevent").map((component) => {
      const event = new ICAL.Event(component);
      return {
        uid: event.uid,
        sequence: event.sequence,
        summary: event.summary,
        location: event.location,
        status: component.getFirstPropertyValue("status"),
        url: component.getFirstPropertyValue("url"),
        start: event.startDate.toJSDate().toISOString(),
        end: event.endDate.toJSDate().toISOString(),
        organiser: component.getFirstProperty("organizer").getParameter("cn"),
        attendees: event.attendees.map((one) => [one.getFirstValue(), one.getParameter("cn")]),
      };
    }),
  };
};
process.stdout.write(JSON.stringify(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, read(text)]))));
