//! A picture with boxes where findings are, drawn as SVG over it.

use maud::{Markup, Render, html};

use crate::parts::status::Severity;
use crate::view::View;

/// A box in pixels of the picture, from its upper left corner.
#[derive(Clone, Debug)]
pub struct PictureBox {
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
    pub severity: Severity,
    pub label: String,
}

/// A picture of known size (pixels).
#[derive(Debug)]
pub struct Picture<'a> {
    cx: &'a View,
    src: String,
    alt: String,
    width: u32,
    height: u32,
    boxes: Vec<PictureBox>,
    link: Option<String>,
}

impl<'a> Picture<'a> {
    pub fn new(cx: &'a View, src: impl Into<String>, alt: impl Into<String>, width: u32, height: u32) -> Self {
        Self { cx, src: src.into(), alt: alt.into(), width, height, boxes: Vec::new(), link: None }
    }

    #[must_use]
    pub fn boxed(mut self, found: PictureBox) -> Self {
        self.boxes.push(found);
        self
    }

    /// Where the full picture opens.
    #[must_use]
    pub fn link(mut self, href: impl Into<String>) -> Self {
        self.link = Some(href.into());
        self
    }
}

impl Render for Picture<'_> {
    fn render(&self) -> Markup {
        let picture = html! {
            img src=(self.src) alt=(self.alt) width=(self.width) height=(self.height) loading="lazy";
        };
        // Numbers and lines keep their size on the page whatever the picture's own size is.
        let unit = f64::from(self.width.max(self.height).max(1)) / 400.0;
        html! {
            figure class="ts-picture" {
                div class="ts-picture-frame" {
                    @match &self.link { Some(href) => a href=(href) { (picture) }, None => (picture) }
                    @if !self.boxes.is_empty() {
                        svg viewBox={ "0 0 " (self.width) " " (self.height) } aria-hidden="true" focusable="false" {
                            @for (index, found) in self.boxes.iter().enumerate() {
                                g class={ "ts-box ts-severity-" (found.severity.class()) } {
                                    rect x=(found.x) y=(found.y) width=(found.width) height=(found.height)
                                        stroke-width=(2.0 * unit) {}
                                    circle cx=(found.x) cy=(found.y) r=(9.0 * unit) {}
                                    text x=(found.x) y=(f64::from(found.y) + 4.0 * unit) font-size=(12.0 * unit)
                                        text-anchor="middle" { (index + 1) }
                                }
                            }
                        }
                    }
                }
                @if !self.boxes.is_empty() {
                    figcaption {
                        ol {
                            @for found in &self.boxes {
                                li { (crate::parts::severity(self.cx, found.severity)) " " (found.label) }
                            }
                        }
                    }
                }
            }
        }
    }
}
