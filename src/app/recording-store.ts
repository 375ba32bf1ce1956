/**
 * What has been recorded, for the API.
 *
 * @module
 */

import type { Files } from "../runtime/runtime.ts";
import { answerWithDownload } from "../servers/http/file-download.ts";
import type { RecordingStore } from "../services/api/recordings.ts";
import type { RecordingCatalog } from "../services/dvr/recording-catalog.ts";
import type { RecordingRemoval } from "../services/dvr/recording-removal.ts";

export function createRecordingStore(
  catalog: RecordingCatalog,
  removal: RecordingRemoval,
  files: Files,
): RecordingStore {
  return {
    find: (filter) => catalog.find(filter),
    get: (id) => catalog.get(id),
    serve: async (request, id) => {
      const recording = await catalog.get(id);
      return recording && answerWithDownload(request, files, recording.path);
    },
    remove: async (id) => {
      const recording = await catalog.get(id);
      return recording !== undefined && (await removal.remove(recording, "api"));
    },
  };
}
