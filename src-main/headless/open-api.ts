// The HTTP API in words that programs read: OpenAPI 3.1, made from the contract, with the byte paths added.
import { OpenAPIGenerator, type JSONSchema, type OpenAPI } from '@orpc/openapi';
import { ZodToJsonSchemaConverter } from '@orpc/zod/zod4';
import { contract } from '#contract/procedures.ts';
import { problemKinds } from '#contract/problems.ts';

const generator = new OpenAPIGenerator({ schemaConverters: [new ZodToJsonSchemaConverter()] });

const errorBody: OpenAPI.SchemaObject & JSONSchema = {
  type: 'object',
  required: ['code', 'params'],
  properties: {
    code: { type: 'string', enum: Object.keys(problemKinds) },
    params: { type: 'object', additionalProperties: { type: ['string', 'number'] } },
    incident: { type: 'string' },
  },
};

const problemAnswer: OpenAPI.ResponseObject = {
  description: 'A problem: what it is, with its parameters. docs/problems.md lists the codes.',
  content: { 'application/json': { schema: errorBody } },
};

const objectId = { name: 'id', in: 'path', required: true, schema: { type: 'string' } } as const;

const binary = (type: string, description: string): OpenAPI.ResponseObject => ({
  description,
  content: { [type]: { schema: { type: 'string', format: 'binary' } } },
});

const bytePaths = {
  '/objects/{id}/file': {
    get: {
      summary: 'The object as received, or as it leaves',
      parameters: [objectId, { name: 'revision', in: 'query', schema: { type: 'string', enum: ['latest'] } }],
      responses: { '200': binary('application/dicom', 'DICOM Part 10 file'), default: problemAnswer },
    },
  },
  '/objects/{id}/thumbnail': {
    get: {
      summary: 'A small picture of the first frame',
      parameters: [objectId],
      responses: { '200': binary('image/jpeg', 'Picture'), default: problemAnswer },
    },
  },
  '/objects/{id}/frames/{n}': {
    get: {
      summary:
        'One frame, decoded, little endian, then its tables and overlays; header X-Safelight-Frame says its shape',
      parameters: [objectId, { name: 'n', in: 'path', required: true, schema: { type: 'integer', minimum: 0 } }],
      responses: { '200': binary('application/octet-stream', 'Raw frame'), default: problemAnswer },
    },
  },
  '/objects/{id}/document': {
    get: {
      summary: 'The document that the object encloses; one range of it with a Range header',
      parameters: [objectId],
      responses: { '200': binary('application/pdf', 'Document, or other bytes to be saved'), default: problemAnswer },
    },
  },
  '/objects/{id}/video': {
    get: {
      summary: 'The video without the fragments around it; one range of it with a Range header',
      parameters: [objectId],
      responses: { '200': binary('video/mp4', 'Video as it was received'), default: problemAnswer },
    },
  },
  '/objects/{id}/samples/{group}': {
    get: {
      summary:
        'Samples of a waveform in the units of its channels: 32-bit floats, little endian, channel after channel',
      parameters: [
        objectId,
        { name: 'group', in: 'path', required: true, schema: { type: 'integer', minimum: 0 } },
        { name: 'from', in: 'query', required: true, schema: { type: 'integer', minimum: 0 } },
        { name: 'count', in: 'query', required: true, schema: { type: 'integer', minimum: 0 } },
      ],
      responses: { '200': binary('application/octet-stream', 'Samples'), default: problemAnswer },
    },
  },
};

export async function describeApi(station: { readonly version: string }): Promise<object> {
  const document = await generator.generate(contract, {
    info: { title: 'Safelight', version: station.version, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: '/api' }],
    security: [{ token: [] }],
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    customErrorResponseBodySchema: () => errorBody,
  });
  return { ...document, paths: { ...document.paths, ...bytePaths } };
}
