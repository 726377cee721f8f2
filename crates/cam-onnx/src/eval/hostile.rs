//! Nodes that no exporter writes: refused or computed, never a panic and never a value whose sides lie.

use proptest::prelude::*;
use proptest::sample::select;

use crate::array::{Array, Data};
use crate::proto::{Attribute, Node};

use super::{Operation, evaluate, index, is_known};

const KINDS: &str = "Identity Shape Size Reshape Flatten Squeeze Unsqueeze Constant ConstantOfShape Range EyeLike \
    OneHot Transpose Expand Tile Slice Concat Split Pad Trilu Gather GatherElements GatherND \
    ScatterElements ScatterND Where ArgMax ArgMin NonZero Cast CastLike Neg Abs Sign Relu Ceil \
    Floor Round Sqrt Exp Erf Clip Not IsNaN IsInf Add Sub Mul Div Mod Pow Max Min Sum And Equal \
    Less ReduceSum ReduceMean ReduceProd ReduceMax ReduceMin ReduceL1 ReduceL2 ReduceSumSquare \
    CumSum MatMul Gemm Softmax LogSoftmax BatchNormalization InstanceNormalization \
    LayerNormalization DequantizeLinear QuantizeLinear Scatter Resize";

const NAMES: &str = "axis axes keepdims perm mode pads value to k upper fmod start end starts ends allowzero \
    batch_dims reduction split num_outputs transA transB exclusive reverse noop_with_empty_axes \
    training_mode output_dtype block_size";

fn one_of(list: &'static str) -> impl Strategy<Value = &'static str> {
    select(list.split(' ').collect::<Vec<_>>())
}

fn integer() -> impl Strategy<Value = i64> {
    prop_oneof![8 => -3i64..5, 1 => select(vec![i64::MIN, i64::MAX, 1 << 33, -(1 << 33)])]
}

fn array() -> impl Strategy<Value = Array> {
    (prop::collection::vec(0usize..4, 0..4), 0..5, prop::collection::vec(integer(), 27)).prop_map(
        |(dims, kind, values)| {
            let values = &values[..dims.iter().product()];
            let data = match kind {
                0 => Data::F32(values.iter().map(|&value| value as f32).collect()),
                1 => Data::I8(values.iter().map(|&value| value as i8).collect()),
                2 => Data::U8(values.iter().map(|&value| value as u8).collect()),
                3 => Data::Bool(values.iter().map(|&value| value > 0).collect()),
                _ => Data::I64(values.to_vec()),
            };
            Array { dims, data }
        },
    )
}

fn attribute() -> impl Strategy<Value = Attribute> {
    let texts =
        vec!["constant", "edge", "reflect", "wrap", "add", "mul", "max", "linear", "cubic", "?"];
    prop_oneof![
        4 => integer().prop_map(Attribute::Int),
        2 => prop::collection::vec(integer(), 0..5).prop_map(Attribute::Ints),
        1 => any::<f32>().prop_map(Attribute::Float),
        1 => select(texts).prop_map(|text| Attribute::String(text.into())),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn nothing_panics(
        kind in one_of(KINDS),
        opset in 7i64..24,
        outputs in 0usize..4,
        inputs in prop::collection::vec(prop::option::weighted(0.9, array()), 0..6),
        attributes in prop::collection::vec((one_of(NAMES), attribute()), 0..5),
    ) {
        let attributes = attributes.into_iter().map(|(name, value)| (name.to_owned(), value));
        let node = Node {
            op_type: kind.into(),
            attributes: attributes.collect(),
            outputs: vec!["y".into(); outputs],
            ..Node::default()
        };
        let operation = Operation { node: &node, opset, read: &|_| Err("nothing to read".into()) };
        let inputs: Vec<_> = inputs.iter().map(Option::as_ref).collect();
        for made in evaluate(&operation, &inputs).into_iter().flatten() {
            prop_assert_eq!(index::whole(&made), Ok(()));
        }
    }
}

#[test]
fn every_kind_is_one_of_ours() {
    KINDS.split(' ').for_each(|kind| assert!(is_known(kind), "{kind}"));
}
