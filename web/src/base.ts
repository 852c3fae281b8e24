// Where the page is mounted. Built assets lie in `<mount>/assets/`, so the mount follows from this module's own address:
// no inline script, no tag that the server has to fill in, any route prefix.
export const mount: string = import.meta.env.DEV ? "/" : new URL("../", import.meta.url).pathname;

/** The address of something this server answers, such as `api/v1/query`. */
export const serverPath = (path: string): string => mount + path;
