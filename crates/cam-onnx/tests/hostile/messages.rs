//! What is read from files as they should be.

use cam_onnx::proto::{
    Attribute, Dim, ElementType, Function, Graph, Model, Node, Payload, Tensor, ValueInfo,
};

use crate::support::{BOTH, Message, Written, network, read_bytes};

fn text(text: &str) -> String {
    text.to_owned()
}

fn tensor(element: ElementType, dims: &[usize], payload: Payload) -> Tensor {
    Tensor { name: text("w"), dims: dims.to_vec(), element, payload }
}

fn node() -> Node {
    let bits = tensor(ElementType::F16, &[1], Payload::Ints(vec![0x3c00]));
    let branch = Graph { name: text("then"), ..Graph::default() };
    let attributes = [
        ("alpha", Attribute::Float(0.25)),
        ("group", Attribute::Int(-1)),
        ("auto_pad", Attribute::String(b"VALID".to_vec())),
        ("value", Attribute::Tensor(bits)),
        ("then_branch", Attribute::Graph(Box::new(branch))),
        ("scales", Attribute::Floats(vec![1.0, 2.0])),
        ("pads", Attribute::Ints(vec![1, -1, 300])),
        ("names", Attribute::Strings(vec![b"a".to_vec(), vec![0xff]])),
        ("tensors", Attribute::Other),
        ("axis", Attribute::Reference(text("axis_of_caller"))),
    ];
    Node {
        name: text("/conv/Conv"),
        op_type: text("Conv"),
        domain: text(""),
        overload: text("first"),
        inputs: vec![text("x"), text("")],
        outputs: vec![text("y")],
        attributes: attributes.map(|(name, attribute)| (text(name), attribute)).into(),
        metadata: vec![(text("pkg.torch.onnx.name_scopes"), text("['', 'conv']"))],
    }
}

fn expected(raw: std::ops::Range<u64>) -> Model {
    let external = Payload::External { location: text("m.data"), offset: 64, length: None };
    let free = |name| Dim::Free(text(name));
    let value = |name| ValueInfo { name: text(name), ..ValueInfo::default() };
    Model {
        ir_version: 8,
        producer: text("pytorch 2.9.0"),
        opsets: vec![(text(""), 18), (text("com.microsoft"), 1)],
        graph: Graph {
            name: text("main"),
            nodes: vec![node()],
            initializers: vec![
                tensor(ElementType::F32, &[2], Payload::Floats(vec![1.5, -2.0])),
                tensor(ElementType::I64, &[2], Payload::Inside(raw)),
                tensor(ElementType::F32, &[4], external),
            ],
            inputs: vec![ValueInfo {
                element: ElementType::F32,
                dims: Some(vec![free("batch"), Dim::Fixed(3), free(""), free("")]),
                ..value("x")
            }],
            outputs: vec![value("y")],
            values: vec![value("z")],
        },
        functions: vec![Function {
            name: text("Twice"),
            domain: text("local"),
            overload: text("second"),
            inputs: vec![text("a")],
            outputs: vec![text("b")],
            attributes: vec![text("axis")],
            defaults: vec![(text("alpha"), Attribute::Float(1.0))],
            nodes: vec![Node { op_type: text("Add"), ..Node::default() }],
            opsets: vec![(text(""), 18)],
        }],
        metadata: vec![(text("key"), text("value"))],
    }
}

#[test]
fn every_field_is_read_with_lists_packed_or_not() {
    for written in BOTH {
        let bytes = network(written).0;
        let raw = [1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0];
        let start = bytes.windows(16).position(|window| window == raw).expect("it is there") as u64;
        let model = read_bytes(&bytes).expect("well-formed");
        assert_eq!(model, expected(start..start + 16), "{written:?}");
    }
}

#[test]
fn unknown_fields_of_every_kind_are_skipped() {
    let strange = |message: Message| {
        let message = message.int(999, -1).float(1000, 1.0).bytes(1001, [0xff; 200]);
        message.doubles(1002, &[1.0], Written::Apart)
    };
    let node = strange(Message::new().bytes(4, "Relu"));
    let graph = strange(Message::new().message(1, &node));
    let model = read_bytes(&strange(Message::new().message(7, &graph)).0).expect("well-formed");
    assert_eq!(model.graph.nodes[0].op_type, "Relu");
}

#[test]
fn of_a_single_field_the_last_counts_and_messages_are_merged() {
    let first = Message::new().bytes(2, "one").message(1, &Message::new().bytes(4, "Relu"));
    let second = Message::new().bytes(2, "two").message(1, &Message::new().bytes(4, "Add"));
    let file = Message::new().int(1, 3).message(7, &first).int(1, 9).message(7, &second);
    let model = read_bytes(&file.0).expect("well-formed");
    assert_eq!((model.ir_version, model.graph.name.as_str()), (9, "two"));
    let operations: Vec<_> = model.graph.nodes.iter().map(|node| node.op_type.as_str()).collect();
    assert_eq!(operations, ["Relu", "Add"]);
}

#[test]
fn an_attribute_without_a_type_is_what_it_holds() {
    let attribute = |message: Message| {
        let node = Message::new().message(5, &message.bytes(1, "a"));
        let file = Message::new().message(7, &Message::new().message(1, &node));
        let model = read_bytes(&file.0);
        model.map(|mut model| model.graph.nodes[0].attributes.remove(0).1)
    };
    let cases = [
        (Message::new().int(3, 7), Attribute::Int(7)),
        (Message::new().ints(8, &[1, 2], Written::Packed), Attribute::Ints(vec![1, 2])),
        (Message::new(), Attribute::Other),
        // What writers leave out because it is zero or empty.
        (Message::new().int(20, 1), Attribute::Float(0.0)),
        (Message::new().int(20, 7), Attribute::Ints(Vec::new())),
        (Message::new().int(20, 14), Attribute::Other),
    ];
    for (message, expected) in cases {
        assert_eq!(attribute(message).expect("well-formed"), expected);
    }
    for wrong in [Message::new().int(20, 2).float(2, 1.0), Message::new().int(20, 5)] {
        let error = attribute(wrong).expect_err("it contradicts itself").to_string();
        assert!(error.contains("attribute `a` announces type"), "{error}");
    }
}

#[test]
fn a_type_that_is_no_tensor_leaves_a_value_without_one() {
    let shape = Message::new().message(1, &Message::new().int(1, 3));
    let tensor = Message::new().int(1, 1).message(2, &shape);
    for other in [4, 5, 8, 9] {
        let typed = Message::new().message(1, &tensor).message(other, &Message::new());
        let value = Message::new().bytes(1, "x").message(2, &typed);
        let file = Message::new().message(7, &Message::new().message(11, &value));
        let model = read_bytes(&file.0).expect("well-formed");
        assert_eq!(model.graph.inputs[0].dims, None);
        assert_eq!(model.graph.inputs[0].element, ElementType::default());
    }
}
