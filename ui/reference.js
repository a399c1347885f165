// Shows the API's description, served by this daemon, in Swagger UI.
window.SwaggerUIBundle({
  url: document.body.dataset.spec,
  dom_id: "#reference",
  deepLinking: true,
  validatorUrl: null,
});
