//! Hit rate over time, as a picture and as a table.

use maud::{Markup, html};

use crate::{history::Minute, human};

/// Of the picture, in units of its own; it is as wide as its box.
const WIDTH: usize = 600;
const HEIGHT: usize = 160;
/// What the lookups take of it, at the bottom.
const BARS: f64 = 40.0;
const MINUTES: usize = 60;

/// The last hour of an alias.
pub(super) fn chart(minutes: &[Minute]) -> Markup {
    let lookups = minutes.iter().map(Minute::lookups).sum::<u64>();
    if lookups == 0 {
        return html! {
            p.empty {
                "Nobody has looked anything up in the last hour, or since this page watches. "
                "It takes a sample every 10 seconds."
            }
        };
    }
    html! {
        figure {
            (picture(minutes))
            figcaption {
                span.key.line { "hit rate" } " "
                span.key.bar { "lookups per minute, at most " (human::count(most(minutes))) }
            }
        }
        details {
            summary { "The same as a table" }
            (table(minutes))
        }
    }
}

fn picture(minutes: &[Minute]) -> Markup {
    let said = describe(minutes);
    html! {
        svg.chart role="img" aria-labelledby="chart-title chart-desc" viewBox={ "0 0 " (WIDTH) " " (HEIGHT) }
            preserveAspectRatio="none" {
            title id="chart-title" { "Hit rate of the last hour" }
            desc id="chart-desc" { (said) }
            @for quarter in 0..=4 {
                @let y = shown(height(f64::from(quarter) / 4.0));
                line.grid x1="0" x2=(WIDTH) y1=(y) y2=(y) {}
            }
            @for minute in minutes {
                @let tall = bar(minute.lookups(), most(minutes));
                rect.bar x=(shown(middle(minute.ago) - 4.0)) width="8" y=(shown(tall_at(tall))) height=(shown(tall)) {}
            }
            @for stretch in stretches(minutes) {
                polyline.rate points=(points(stretch)) {}
            }
        }
        div.scale aria-hidden="true" { span { "100 %" } span { "0 %" } }
        div.times aria-hidden="true" { span { "60 min ago" } span { "30 min" } span { "now" } }
    }
}

fn table(minutes: &[Minute]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Hit rate of each minute" {
            table {
                caption { "Hit rate of each minute" }
                thead {
                    tr {
                        th scope="col" { "Minutes ago" }
                        @for name in ["Hit rate", "Hits", "Misses"] { th.number scope="col" { (name) } }
                    }
                }
                tbody {
                    @for minute in minutes.iter().rev() {
                        tr {
                            th scope="row" { (minute.ago - 1) "–" (minute.ago) }
                            td.number { (minute.hit_rate.map_or_else(|| "–".to_owned(), human::percent)) }
                            td.number { (human::count(minute.hits)) }
                            td.number { (human::count(minute.misses)) }
                        }
                    }
                }
            }
        }
    }
}

/// The picture in a sentence.
fn describe(minutes: &[Minute]) -> String {
    let rates = minutes.iter().filter_map(|minute| minute.hit_rate);
    let (lowest, highest) = rates.fold((1.0, 0.0), |(low, high), rate| (f64::min(low, rate), f64::max(high, rate)));
    let last = minutes.iter().rev().find_map(|minute| minute.hit_rate).unwrap_or_default();
    let [lowest, highest, last] = [lowest, highest, last].map(human::percent);
    format!("Between {lowest} and {highest}, {last} at last.")
}

/// The minutes in which somebody looked something up, without gaps. A line would pretend to know what was in between.
fn stretches(minutes: &[Minute]) -> impl Iterator<Item = &[Minute]> {
    minutes.split(|minute| minute.hit_rate.is_none()).filter(|stretch| !stretch.is_empty())
}

fn points(stretch: &[Minute]) -> String {
    let point = |x: f64, rate: Option<f64>| format!("{},{}", shown(x), shown(height(rate.unwrap_or_default())));
    let mut points = stretch.iter().map(|minute| point(middle(minute.ago), minute.hit_rate)).collect::<Vec<_>>();
    if let [only] = stretch {
        // A line of one point is invisible.
        let x = middle(only.ago);
        points = vec![point(x - 4.0, only.hit_rate), point(x + 4.0, only.hit_rate)];
    }
    points.join(" ")
}

/// Where the minute lies that began so long ago.
#[expect(clippy::cast_precision_loss, reason = "there are 60 of them")]
fn middle(ago: usize) -> f64 {
    let each = WIDTH as f64 / MINUTES as f64;
    (MINUTES.saturating_sub(ago)) as f64 * each + each / 2.0
}

#[expect(clippy::cast_precision_loss, reason = "it is a small number")]
fn height(rate: f64) -> f64 {
    let margin = 4.0;
    margin + (1.0 - rate) * (HEIGHT as f64 - 2.0 * margin)
}

#[expect(clippy::cast_precision_loss, reason = "it is as tall as some pixels")]
fn bar(lookups: u64, most: u64) -> f64 {
    if most == 0 { 0.0 } else { lookups as f64 / most as f64 * BARS }
}

#[expect(clippy::cast_precision_loss, reason = "it is a small number")]
fn tall_at(tall: f64) -> f64 {
    HEIGHT as f64 - tall
}

fn most(minutes: &[Minute]) -> u64 {
    minutes.iter().map(Minute::lookups).max().unwrap_or_default()
}

fn shown(number: f64) -> String {
    format!("{number:.1}")
}

/// The last hour in small, for those who see it; the page of the cache has it in full.
pub(super) fn spark(minutes: &[Minute]) -> Markup {
    html! {
        @if minutes.iter().any(|minute| minute.lookups() > 0) {
            svg.spark aria-hidden="true" viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } preserveAspectRatio="none" {
                @for stretch in stretches(minutes) { polyline.rate points=(points(stretch)) {} }
            }
        }
    }
}
