//! Signs in a file that a network of the same names is another one, which these weights would give
//! wrong numbers in.

use crate::checkpoint::{Checkpoint, StoredTensor};

/// A part of a name, where a name has it that the network does not know, and what it says.
const PARTS: [(&str, &str); 19] = [
    ("_se_reduce", "squeeze-and-excitation (SE)"),
    ("_se_expand", "squeeze-and-excitation (SE)"),
    ("se", "squeeze-and-excitation (SE)"),
    ("se_module", "squeeze-and-excitation (SE)"),
    ("attn", "attention in the blocks"),
    ("cbam", "attention in the blocks (CBAM)"),
    ("eca", "attention in the blocks (ECA)"),
    ("ca", "attention in the blocks"),
    ("sa", "attention in the blocks"),
    ("gc", "global context in the blocks"),
    ("context_block", "global context in the blocks"),
    ("fc1", "squeeze-and-excitation or split attention"),
    ("fc2", "squeeze-and-excitation or split attention"),
    ("IN", "instance norm beside batch norm (IBN)"),
    ("prelu", "an activation with weights (PReLU)"),
    ("conv_offset", "deformable convolutions"),
    ("conv2_offset", "deformable convolutions"),
    ("aa", "blurred pooling"),
    ("drop_block", "dropped blocks with tensors"),
];

/// Names under which a segmentation head stands behind a dilated backbone.
const SEGMENTATION: [&str; 8] =
    ["aux_classifier", "auxlayer", "auxiliary_head", "decode_head", "aspp", "convs", "ppm", "psp"];

const DILATED: &str = "a segmentation head, before which the last stages are dilated in place of \
                       their stride; that is no part of a file, and here they have their stride";

/// What a tensor says that stands inside the network, by its name here, and is not needed.
pub(crate) fn in_block((name, tensor): &(&str, &StoredTensor)) -> Option<(String, String)> {
    let says = if is_deep_stem(name) {
        "a stem of several convolutions (ResNet-C, ResNet-D)"
    } else if name.contains("downsample.2.") {
        "a shortcut that is pooled first (ResNet-D)"
    } else {
        let known = |part| PARTS.iter().find(|(known, _)| *known == part);
        name.split('.').find_map(known)?.1
    };
    Some((tensor.name().to_owned(), says.to_owned()))
}

/// What a missing variance says, where the scale is there.
pub(crate) fn norm(checkpoint: &Checkpoint, missing: &str) -> Option<(String, String)> {
    let weight = checkpoint.get(&format!("{}.weight", missing.strip_suffix(".running_var")?))?;
    let mean = format!("{}.running_mean", missing.strip_suffix(".running_var")?);
    let reason = "a scale without running statistics: a group norm, or the statistics of a batch";
    checkpoint.get(&mean).is_none().then(|| (weight.name().to_owned(), reason.to_owned()))
}

/// `conv1.0.weight`.
fn is_deep_stem(name: &str) -> bool {
    let rest = name.strip_prefix("conv1.");
    rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// What a tensor behind the network says against it: a segmentation head.
pub(crate) fn segmentation(path: &str, shape: &[usize]) -> Option<&'static str> {
    let parts = || path.split('.');
    let named = parts().any(|part| SEGMENTATION.contains(&part));
    // A fully convolutional head (FCN): a 3×3 convolution where a classifier stands.
    let is_spatial = shape.len() == 4 && shape[2..] != [1, 1];
    (named || (is_spatial && parts().next() == Some("classifier"))).then_some(DILATED)
}
