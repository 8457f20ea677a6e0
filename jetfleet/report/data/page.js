"use strict";
// Without this script all is shown; with it, filters are offered.
(function () {
  var root = document.documentElement;
  var form = document.getElementById("filter");
  if (!form) { return; }
  var name = form.elements.namedItem("host");
  var state = form.elements.namedItem("state");
  var quiet = form.elements.namedItem("quiet");
  var none = document.getElementById("none");

  function all(selector) { return Array.prototype.slice.call(document.querySelectorAll(selector)); }

  function shown(element) {
    var words = name.value.trim().toLowerCase();
    if (quiet.checked && quiet.value.split(" ").indexOf(element.dataset.state) >= 0) {
      return false;
    }
    return (!words || element.dataset.host.toLowerCase().indexOf(words) >= 0) &&
      (!state.value || element.dataset.state === state.value);
  }

  function seen(elements) {
    return Array.prototype.some.call(elements, function (element) { return !element.hidden; });
  }

  function apply() {
    var hosts = {};
    all("[data-host]").forEach(function (element) {
      element.hidden = !shown(element);
      hosts[element.dataset.host] = hosts[element.dataset.host] || !element.hidden;
    });
    all("table.matrix tr.resource").forEach(function (row) {
      var cells = Array.prototype.slice.call(row.querySelectorAll("td"));
      var visible = cells.filter(function (cell) { return !cell.hidden; });
      var worth = visible.some(function (cell) {
        return ["in-sync", "absent", "unknown"].indexOf(cell.dataset.outcome) < 0;
      });
      row.hidden = quiet.checked && !worth;
    });
    // A table without a host, and a heading without a row, would only be in the way.
    all("table.matrix").forEach(function (table) {
      table.hidden = !seen(table.querySelectorAll("thead th[data-host]"));
    });
    all("table.matrix tbody").forEach(function (body) {
      body.hidden = !seen(body.querySelectorAll("tr.resource"));
    });
    none.hidden = Object.keys(hosts).some(function (host) { return hosts[host]; });
  }

  form.addEventListener("input", apply);
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  root.classList.add("live");
  apply();
}());
