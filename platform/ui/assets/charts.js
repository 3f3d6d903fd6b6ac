// Mounts the charts: the option stands as JSON in an inert tag; colours come from the page's own tokens.
(function () {
  "use strict";
  if (!window.echarts) return;
  var charts = [];
  function token(name) { return getComputedStyle(document.documentElement).getPropertyValue("--ts-" + name).trim(); }
  function coloured(option) {
    var text = token("muted"), line = token("line");
    var palette = ["series-1", "series-2", "series-3", "series-4", "series-5"].map(token);
    var names = (option.legend && option.legend.data) || [];
    option.color = palette;
    option.textStyle = { fontFamily: getComputedStyle(document.body).fontFamily, color: text };
    option.legend.textStyle = { color: text };
    option.xAxis.axisLine = { lineStyle: { color: line } };
    option.xAxis.axisLabel = { color: text, hideOverlap: true };
    option.xAxis.axisTick = { show: false };
    option.yAxis.axisLabel = Object.assign({}, option.yAxis.axisLabel, { color: text });
    option.yAxis.splitLine = { lineStyle: { color: line } };
    option.yAxis.nameTextStyle = { color: text };
    option.tooltip = Object.assign({}, option.tooltip, { backgroundColor: token("surface"), borderColor: line, textStyle: { color: token("text"), fontSize: 13 } });
    option.series.forEach(function (series) {
      var colour = palette[Math.max(0, names.indexOf(series.name.trim())) % palette.length];
      series.itemStyle = Object.assign({}, series.itemStyle, { color: colour });
      if (series.areaStyle) series.areaStyle = Object.assign({}, series.areaStyle, { color: colour });
      if (series.markLine) {
        series.markLine.lineStyle = Object.assign({}, series.markLine.lineStyle, { color: token("waiting") });
        series.markLine.label = Object.assign({}, series.markLine.label, { color: token("waiting") });
      }
    });
    return option;
  }
  function mount(place) {
    var source = document.getElementById(place.dataset.chart);
    if (!source || echarts.getInstanceByDom(place)) return;
    var chart = echarts.init(place, null, { renderer: "canvas" });
    var numbers = place.parentElement.querySelector("[data-chart-numbers]");
    var label = place.getAttribute("aria-label");
    charts.push({ chart: chart, place: place, source: source, label: label });
    chart.setOption(coloured(JSON.parse(source.textContent)));
    place.setAttribute("aria-label", label);
    if (numbers) numbers.open = false;
  }
  function mountAll(within) { within.querySelectorAll("[data-chart]").forEach(mount); }
  mountAll(document);
  document.addEventListener("htmx:load", function (event) { mountAll(event.target); });
  document.addEventListener("ts-theme", function () {
    charts.forEach(function (c) {
      c.chart.setOption(coloured(JSON.parse(c.source.textContent)), true);
      c.place.setAttribute("aria-label", c.label);
    });
  });
  window.addEventListener("resize", function () { charts.forEach(function (c) { c.chart.resize(); }); });
  window.addEventListener("beforeprint", function () { charts.forEach(function (c) { c.chart.resize(); }); });
})();
