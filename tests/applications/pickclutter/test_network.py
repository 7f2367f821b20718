import torch

from clipling.applications.pickclutter.network import create_net


def test_eight_channels_in_places_and_a_bounded_offset_out() -> None:
    net = create_net("test_efficientnet", width=16, image_size=64).eval()
    images = torch.rand(2, 8, 64, 64) * 255
    whole, places, offset = net(images)
    assert whole.shape == (2, 16)
    assert places.shape == (2, net.local.grid[0] * net.local.grid[1], 16)
    assert offset.tolist() == [0, 0]
    with torch.no_grad():
        net.score_bias.fill_(9.0)
    assert float(net(images).offset.detach().max()) < 1.0001
    offset = net(images).offset.sum()
    offset.backward()
    assert net.score_bias.grad is not None


def test_every_channel_counts() -> None:
    torch.manual_seed(0)
    net = create_net("test_efficientnet", width=16, image_size=64).eval()
    images = torch.zeros(9, 8, 64, 64)
    for channel in range(8):
        images[channel + 1, channel, 16:48, 16:48] = 200.0 if channel % 4 < 3 else 1.0
    whole = net(images).whole
    assert ((whole[1:] - whole[0]).norm(dim=1) > 1e-5).all()
