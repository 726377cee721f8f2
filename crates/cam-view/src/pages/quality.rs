use cam_explain::{Answer, Curves};
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
        (explain::looks(address))
        div.maps.small data-maps=(super::file("maps", &address.question())) { (explain::map(context, explained, rank, answer)) }
        p { "Pixels are taken away, or put in, from what the map says is most relevant to what is least. A good map makes the \
             score fall fast where they are deleted, and rise fast where they are inserted; maps that do not look at the network \
             show what chance and habit would reach." }
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
        (explain::leave(address))
        p { "On the command line, " code { "cam evaluate" } " measures methods like this on many images." }
    }
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
