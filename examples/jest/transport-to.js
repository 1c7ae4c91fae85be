/** Returns a transport of Halyard that passes requests to a scripted service, without a socket. */
exports.transportTo = (service) => ({
  async request({ url, ...init }) {
    const response = await service.respond(new Request(url, init))
    const headersByName = Object.fromEntries(response.headers)
    return { status: response.status, headers: headersByName, body: response.body ?? [] }
  },
  close: async () => {},
})
