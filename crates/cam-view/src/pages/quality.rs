use cam_explain::{Answer, Areas, Curves};
use maud::{Markup, html};

use super::{Context, explain, link};
use crate::explained::Explained;

/// Width and height of a chart, and where its axes lie.
const CHART: [f32; 2] = [420.0, 260.0];
const LEFT: f32 = 52.0;
const BOTTOM: f32 = 40.0;
const TOP: f32 = 12.0;
const RIGHT: f32 = 24.0;

/// How good a map is: how the score changes as the image is deleted, or inserted, in its order.
pub fn main(
    context: &Context<'_>,
    explained: &Explained,
    (rank, answer): (usize, &Answer),
    curves: &[Curves],
) -> Markup {
    let address = context.address;
    html! {
        h2 { "How good is this map?" }
        p { (answer.question) " " span.number { (answer.number) } ", by " (answer.method) }
        @if explained.answers.len() > 1 {
            nav.pages aria-label="Maps" {
                @for (other, answer) in explained.answers.iter().enumerate() {
                    a href=(link(&address.with("rank", other))) aria-current=[(other == rank).then_some("true")] { (answer.question) }
                }
            }
        }
        (explain::looks(address, false))
        div.maps.small data-maps=(super::file("maps", &address.question())) { (explain::map(context, explained, rank, answer)) }
        p { "Pixels are deleted, or inserted, from those that the map ranks highest to those that it ranks lowest. With a good map \
             the score falls fast as they are deleted, and rises fast as they are inserted. The other curves are orders that \
             ignore the network." }
        p.verdict { (verdict(curves)) }
        div.charts {
            (chart("Deletion: lower is better", curves, |curves| &curves.deletion))
            (chart("Insertion: higher is better", curves, |curves| &curves.insertion))
        }
        table {
            caption { "Area below each curve: the mean score on the way" }
            thead { tr { th scope="col" { "Order of" } th scope="col" { "deletion" } th scope="col" { "insertion" } } }
            tbody {
                @for (index, each) in curves.iter().enumerate() {
                    @let areas = each.areas();
                    tr {
                        th scope="row" { span class=(format!("key series{index}")) {} " " (each.name) }
                        td { (format!("{:.4}", areas.deletion)) }
                        td { (format!("{:.4}", areas.insertion)) }
                    }
                }
            }
        }
        section.leave aria-label="Download" {
            h3 { "Download" }
            ul { li {
                a href=(super::file("quality.json", &address.question().with("rank", rank)))
                    download=(format!("{}.quality.json", explained.name)) { "Curves and areas (JSON)" }
            } }
        }
        p { "On the command line, " code { "cam evaluate" } " measures methods like this on many images." }
    }
}

/// How many of the orders that ignore the network the map beats.
fn verdict(curves: &[Curves]) -> String {
    let Some((map, others)) = curves.split_first() else { return String::new() };
    let own = map.areas();
    let beaten = |is_better: &dyn Fn(Areas) -> bool| {
        others.iter().filter(|other| is_better(other.areas())).count()
    };
    format!(
        "Deletion: better than {} of {count} orders that ignore the network. Insertion: better than {} of {count}.",
        beaten(&|other| own.deletion < other.deletion),
        beaten(&|other| own.insertion > other.insertion),
        count = others.len()
    )
}

fn chart(title: &str, curves: &[Curves], of: fn(&Curves) -> &cam_explain::Curve) -> Markup {
    let scores = || curves.iter().flat_map(|curves| &of(curves).scores).copied();
    let (low, high) =
        (scores().fold(f32::INFINITY, f32::min), scores().fold(f32::NEG_INFINITY, f32::max));
    let range = if high > low { high - low } else { 1.0 };
    let [width, height] = CHART;
    let x = |share: f32| LEFT + share * (width - LEFT - RIGHT);
    let y = |score: f32| TOP + (1.0 - (score - low) / range) * (height - TOP - BOTTOM);
    let points = |curves: &Curves| {
        let curve = of(curves);
        let points = curve.shares.iter().zip(&curve.scores);
        points
            .map(|(&share, &score)| format!("{:.1},{:.1}", x(share), y(score)))
            .collect::<Vec<_>>()
            .join(" ")
    };
    html! {
        figure.chart {
            figcaption { (title) }
            svg viewBox=(format!("0 0 {width} {height}")) role="img" aria-label=(title) {
                @for step in 0..=4 {
                    @let score = low + range * step as f32 / 4.0;
                    line.grid x1=(LEFT) x2=(width - RIGHT) y1=(y(score)) y2=(y(score)) {}
                    text x=(LEFT - 6.0) y=(y(score) + 4.0) text-anchor="end" { (format!("{score:.2}")) }
                }
                @for share in [0.0f32, 0.5, 1.0] {
                    text x=(x(share)) y=(height - 20.0) text-anchor="middle" { (format!("{:.0} %", share * 100.0)) }
                }
                text x=(x(0.5)) y=(height - 4.0) text-anchor="middle" { "of the pixels" }
                @for (index, each) in curves.iter().enumerate().rev() {
                    polyline class=(format!("series{index}")) points=(points(each)) {}
                }
            }
        }
    }
}
