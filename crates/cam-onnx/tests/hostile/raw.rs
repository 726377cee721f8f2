//! Numbers as bytes.

use cam_onnx::array::Data;
use cam_onnx::proto::{ElementType, Payload, Tensor};
use cam_onnx::{Error, Source, TensorFault, numbers};
use proptest::prelude::*;

use crate::support::{Message, constant, tensor};

fn numbers_of(message: &Message) -> Result<Data, Error> {
    let (tensor, source) = constant(message)?;
    assert!(matches!(tensor.payload, Payload::Inside(_) | Payload::Empty), "bytes are not read");
    Ok(numbers(&tensor, &source, None)?.data)
}

#[test]
fn each_kind_is_little_endian() {
    let cases: [(ElementType, &[u8], Data); 13] = [
        (ElementType::F32, &[0, 0, 0xc0, 0x3f], Data::F32(vec![1.5])),
        (ElementType::F64, &[0, 0, 0, 0, 0, 0, 0xf8, 0x3f], Data::F32(vec![1.5])),
        (ElementType::F16, &[0, 0x3e], Data::F32(vec![1.5])),
        (ElementType::BF16, &[0xc0, 0x3f], Data::F32(vec![1.5])),
        (ElementType::I64, &[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], Data::I64(vec![-2])),
        (ElementType::I32, &[0xfe, 0xff, 0xff, 0xff], Data::I64(vec![-2])),
        (ElementType::I16, &[0xfe, 0xff], Data::I64(vec![-2])),
        (ElementType::U64, &[2, 1, 0, 0, 0, 0, 0, 0], Data::I64(vec![258])),
        (ElementType::U32, &[0xfe, 0xff, 0xff, 0xff], Data::I64(vec![0xffff_fffe])),
        (ElementType::U16, &[0xfe, 0xff], Data::I64(vec![0xfffe])),
        (ElementType::I8, &[0xfe], Data::I8(vec![-2])),
        (ElementType::U8, &[0xfe], Data::U8(vec![0xfe])),
        (ElementType::BOOL, &[1], Data::Bool(vec![true])),
    ];
    for (element, bytes, expected) in cases {
        // A single number has no sides.
        let found = numbers_of(&tensor(element, &[]).bytes(9, bytes)).expect("one number");
        assert_eq!(found, expected, "{element}");
    }
}

#[test]
fn bytes_and_sides_have_to_agree() {
    for (dims, bytes) in [(&[2, 2][..], 15), (&[2, 2], 17), (&[], 0), (&[0], 1), (&[1 << 40], 4)] {
        let message = tensor(ElementType::F32, dims).bytes(9, vec![0; bytes]);
        match numbers_of(&message).expect_err("they do not") {
            Error::Tensor { tensor, what: TensorFault::Bytes { found, .. } } => {
                assert_eq!((tensor.as_str(), found), ("w", bytes as u64));
            }
            error => panic!("{error}"),
        }
    }
}

#[test]
fn a_constant_without_numbers_is_empty() {
    for message in [tensor(ElementType::I64, &[0]), tensor(ElementType::I64, &[0]).bytes(9, [])] {
        assert_eq!(numbers_of(&message).expect("none"), Data::I64(Vec::new()));
    }
    let error = numbers_of(&tensor(ElementType::I64, &[1])).expect_err("one is missing");
    assert!(matches!(error, Error::Tensor { what: TensorFault::Bytes { .. }, .. }), "{error}");
}

#[test]
fn sides_beyond_the_machine_are_errors() {
    let message = tensor(ElementType::F32, &[i64::MAX, 3]).bytes(9, [0; 4]);
    let error = numbers_of(&message).expect_err("too many");
    assert!(matches!(error, Error::Tensor { what: TensorFault::Sides { .. }, .. }), "{error}");
    let error =
        numbers_of(&tensor(ElementType::F32, &[-1]).bytes(9, [0; 4])).expect_err("negative");
    assert!(matches!(error, Error::Tensor { what: TensorFault::Side { side: -1 }, .. }), "{error}");
}

#[test]
fn kinds_that_are_not_read_are_named() {
    for (kind, name) in
        [(0, "no kind"), (8, "strings"), (14, "complex64"), (22, "int4"), (99, "kind 99")]
    {
        let message = tensor(ElementType(kind), &[1]).bytes(9, [0]).bytes(6, "text");
        let error = numbers_of(&message).expect_err("not read").to_string();
        assert!(error.contains(name), "{error}");
    }
}

#[test]
fn an_integer_beyond_i64_is_an_error() {
    let error =
        numbers_of(&tensor(ElementType::U64, &[1]).bytes(9, [0xff; 8])).expect_err("too large");
    let expected = TensorFault::Integer { index: 0, value: u64::MAX };
    assert!(matches!(error, Error::Tensor { what, .. } if what == expected));
}

#[test]
fn a_place_outside_the_file_is_an_error() {
    let tensor = Tensor {
        dims: vec![1 << 40],
        element: ElementType::U8,
        payload: Payload::Inside(4..(1 << 40) + 4),
        ..Tensor::default()
    };
    let error = numbers(&tensor, &Source::from(vec![0; 10]), None).expect_err("six are there");
    assert!(matches!(error, Error::Malformed { place: 4, .. }), "{error}");
}

proptest! {
    #[test]
    fn bits_survive(values in prop::collection::vec(any::<u32>(), 0..200)) {
        let bytes: Vec<u8> = values.iter().flat_map(|bits| bits.to_le_bytes()).collect();
        let message = tensor(ElementType::F32, &[values.len() as i64]).bytes(9, bytes);
        let Data::F32(found) = numbers_of(&message).expect("well-formed") else {
            panic!("another kind")
        };
        prop_assert_eq!(found.iter().map(|number| number.to_bits()).collect::<Vec<_>>(), values);
    }
}

#[test]
fn a_constant_longer_than_a_chunk_is_read_whole() {
    let values: Vec<i16> = (0..300_000).map(|number| number as i16).collect();
    let bytes: Vec<u8> = values.iter().flat_map(|number| number.to_le_bytes()).collect();
    let message = tensor(ElementType::I16, &[3, 100_000]).bytes(9, bytes);
    let expected = values.into_iter().map(i64::from).collect();
    assert_eq!(numbers_of(&message).expect("well-formed"), Data::I64(expected));
}
