//! What is measured for the book.

/// One table.
pub struct Run {
    /// Its name, and that of its place in the page.
    pub name: &'static str,
    /// The folder of images.
    images: &'static str,
    /// The network and its layer.
    network: &'static str,
    methods: &'static str,
    measures: &'static str,
    /// Collages; none where objects are asked about.
    collages: usize,
    /// What else is set.
    more: &'static str,
}

impl Run {
    /// Arguments of `cam`.
    pub fn arguments(&self, at_most: Option<usize>) -> Vec<String> {
        let collages = self.collages.min(at_most.unwrap_or(usize::MAX));
        let places =
            if collages == 0 { "--objects".to_owned() } else { format!("--collages {collages}") };
        let words = format!(
            "evaluate {} {} {places} {} --measure {} --method {}",
            self.images, self.network, self.more, self.measures, self.methods
        );
        words.split_whitespace().map(str::to_owned).collect()
    }

    /// How it is measured, for the page.
    pub fn command(&self) -> String {
        format!("\n```sh\ncam {}\n```\n", self.arguments(None).join(" "))
    }
}

const LITE0: &str = "--model efficientnet-lite0";
const MOBILENET: &str = "--weights mobilenet_v2.pt";
const DINO: &str =
    "--weights dinov2_s.onnx --embedding /backbone/layernorm/Add_1_output_0 --preprocess imagenet";

/// What takes a pass or two, or a few dozen.
const QUICK: &str = "grad-cam,hires-cam,grad-cam-elementwise,grad-cam-plus-plus,x-grad-cam,layer-cam,shapley-cam,\
    contributions,eigen-cam,eigen-grad-cam,seg-eigen-cam,kpca-cam,fem,ablation-cam,full-grad,guided-grad-cam,score-cam";
/// What takes hundreds.
const SLOW: &str = "smooth-grad-cam-plus-plus,integrated-gradients,smooth-grad,occlusion";
const COMMON: &str =
    "grad-cam,hires-cam,grad-cam-plus-plus,layer-cam,contributions,eigen-cam,ablation-cam";
/// Grad-CAM and HiResCAM coincide where the head averages positions.
const APART: &str = "grad-cam,grad-cam-plus-plus,layer-cam,contributions,eigen-cam,ablation-cam";
const OF_ATTENTION: &str = "token-contributions,legrad,grad-cam";
const OF_TOKENS: &str = "token-contributions,attention-contributions,legrad,grad-eclip,chefer,rollout,raw-attention,\
    grad-cam,mask-clip,sclip,patch-similarity";
const SIGNED: &str = "token-contributions,attention-contributions,grad-cam";

const PLACE: &str = "inside,points";
const OUTLINE: &str = "inside,points,overlap";
const FAITHFUL: &str = "deletion,insertion,drop,road,sensitivity,randomised";

/// Fours of photographs, which fill the 224² pixels that every network here takes.
const FOURS: &str = "--cell 112";
const PAIRS: &str = "--grid 1x2 --cell 112";
const OTHERS: &str = "--cell 112 --negatives others";
const MEAN: &str = "--cell 112 --negatives mean";

/// In the order of the page.
pub const RUNS: &[Run] = &[
    Run { more: "--cell 112 --top-channels 64", ..run("lite0-fours", LITE0, QUICK, PLACE, 50) },
    Run { more: FOURS, ..run("lite0-slow", LITE0, SLOW, PLACE, 17) },
    Run { more: PAIRS, ..run("lite0-pairs", LITE0, COMMON, PLACE, 100) },
    objects("lite0-objects", LITE0, COMMON),
    Run { more: FOURS, ..run("lite0-faithful", LITE0, APART, FAITHFUL, 14) },
    Run { more: FOURS, ..run("mobilenet-fours", MOBILENET, COMMON, PLACE, 50) },
    Run { more: PAIRS, ..run("mobilenet-pairs", MOBILENET, COMMON, PLACE, 100) },
    objects("mobilenet-objects", MOBILENET, COMMON),
    Run {
        more: FOURS,
        ..run("dinov2-fours", DINO, OF_TOKENS, "inside,points,randomised,agreement", 18)
    },
    objects("dinov2-objects", DINO, OF_TOKENS),
    Run { more: FOURS, ..run("dinov2-faithful", DINO, OF_ATTENTION, "deletion,insertion", 4) },
    Run { more: OTHERS, ..run("dinov2-others", DINO, SIGNED, PLACE, 50) },
    Run { more: MEAN, ..run("dinov2-mean", DINO, SIGNED, PLACE, 25) },
    Run { more: OTHERS, ..run("lite0-others", LITE0, COMMON, PLACE, 50) },
    Run { more: MEAN, ..run("lite0-mean", LITE0, COMMON, PLACE, 50) },
];

const fn run(
    name: &'static str,
    network: &'static str,
    methods: &'static str,
    measures: &'static str,
    collages: usize,
) -> Run {
    Run { name, images: "photographs", network, methods, measures, collages, more: "" }
}

const fn objects(name: &'static str, network: &'static str, methods: &'static str) -> Run {
    Run { name, images: "objects", network, methods, measures: OUTLINE, collages: 0, more: "" }
}
